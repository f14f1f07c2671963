import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { shapeArithmetic } from "../suites/elements.js";
import { oldModelsMeanTheSame } from "../suites/uplift/suite.js";
import { runModel } from "../support/run-model.js";
import { definitionsAreKernels } from "../suites/laws/definitions.js";
import {
  everyFloatInputIsTested,
  everyGradientIsTested,
  float32Only,
  operatorLaws,
} from "../suites/laws/suite.js";

const backend = ortBackend({ threads: 1 });
// ONNX Runtime 1.30, CPU.
const settings = {
  float32: {
    Erf: "no kernel",
    "com.microsoft:Gelu": "its definition is an Erf",
    "com.microsoft:BiasGelu": "its definition is an Erf",
    "com.microsoft:FusedConv": "its definition is a Conv",
    "com.microsoft:NhwcFusedConv": "its definition is a Conv",
    "com.microsoft:NhwcConv": "its definition is a Conv",
    Gelu: "its gradient uses Erf",
    Celu: "the standard has it for float32 only",
    Mean: "no kernel",
    Conv: "no kernel",
    ConvTranspose: "no kernel",
    STFT: "its definition is a Conv",
    DeformConv: "its definition is a Conv",
    Col2Im: "its definition is a ConvTranspose",
    AveragePool: "no kernel",
    GlobalAveragePool: "no kernel",
    GlobalMaxPool: "no kernel",
    LpPool: "no kernel",
    GlobalLpPool: "no kernel",
    InstanceNormalization: "no kernel",
    MeanVarianceNormalization: "its function body adds a float32 constant",
    LRN: "no kernel",
    Resize: "no kernel",
    OneHot: "no kernel",
    DequantizeLinear: "the standard has it for float32 only",
    ...Object.fromEntries(
      ["Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh"].map((op) => [
        op,
        "no kernel",
      ]),
    ),
  },
};

everyGradientIsTested();
everyFloatInputIsTested();
operatorLaws(backend, settings);
definitionsAreKernels(backend);
float32Only(backend, settings);
shapeArithmetic(backend);
oldModelsMeanTheSame(backend, runModel);
