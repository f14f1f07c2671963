import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { dimensionsHold } from "../suites/dimensions.js";
import { networksAgreeWithPyTorch } from "../suites/networks.js";
import { fullGradientsDependWeakly } from "../suites/weak-dependence.js";

const backend = tfjsBackend({ provider: "wasm" });

networksAgreeWithPyTorch(backend);
dimensionsHold(backend);
fullGradientsDependWeakly(backend);
