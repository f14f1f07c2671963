import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { methodsAgreeWithOthers } from "../suites/methods.js";

methodsAgreeWithOthers(ortBackend({ threads: 1 }));
