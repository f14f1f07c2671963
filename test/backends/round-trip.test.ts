import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { filesLoseNothing } from "../suites/round-trip.js";

filesLoseNothing(ortBackend({ threads: 1 }));
