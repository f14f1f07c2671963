import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { termsComeToTheirPlaces } from "../suites/token-places.js";

const backend = ortBackend({ threads: 1 });

formsAgreeWithPyTorch(backend);
termsComeToTheirPlaces(backend);
