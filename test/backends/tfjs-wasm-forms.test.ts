import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { termsComeToTheirPlaces } from "../suites/token-places.js";

const backend = tfjsBackend({ provider: "wasm" });

formsAgreeWithPyTorch(backend);
termsComeToTheirPlaces(backend);
