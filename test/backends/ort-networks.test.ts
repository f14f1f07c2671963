import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { dimensionsHold } from "../suites/dimensions.js";
import { networksAgreeWithPyTorch } from "../suites/networks.js";
import { fullGradientsDependWeakly } from "../suites/weak-dependence.js";

const backend = ortBackend({ threads: 1 });

networksAgreeWithPyTorch(backend);
dimensionsHold(backend);
fullGradientsDependWeakly(backend);
