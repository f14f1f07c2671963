import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { termsComeToTheirPositions } from "../suites/token-positions.js";

const backend = ortBackend({ threads: 1 });

formsAgreeWithPyTorch(backend);
termsComeToTheirPositions(backend);
