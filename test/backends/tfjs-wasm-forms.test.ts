import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { termsComeToTheirPositions } from "../suites/token-positions.js";

const backend = tfjsBackend({ provider: "wasm" });

formsAgreeWithPyTorch(backend);
termsComeToTheirPositions(backend);
