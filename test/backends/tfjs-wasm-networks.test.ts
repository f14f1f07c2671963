import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { dimensionsHold } from "../suites/dimensions.js";
import { networksAgreeWithPyTorch } from "../suites/networks.js";
import { photographIsExplainedAlike } from "../suites/photograph.js";
import { fullGradientsDependWeakly } from "../suites/weak-dependence.js";

const backend = tfjsBackend({ provider: "wasm" });

networksAgreeWithPyTorch(backend);
dimensionsHold(backend);
fullGradientsDependWeakly(backend);
photographIsExplainedAlike(backend, ortBackend({ threads: 1 }));
