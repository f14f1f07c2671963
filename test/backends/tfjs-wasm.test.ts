import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { networksAgreeWithPyTorch } from "../suites/networks.js";
import { dimensionsHold } from "../suites/dimensions.js";
import { fullGradientsDependWeakly } from "../suites/weak-dependence.js";

networksAgreeWithPyTorch(tfjsBackend());
dimensionsHold(tfjsBackend());
fullGradientsDependWeakly(tfjsBackend());
