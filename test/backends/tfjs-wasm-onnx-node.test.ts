import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { onnxNodeTestsAgree } from "../suites/onnx-node/agreement.js";
import { exceptions } from "./tfjs-exceptions.js";

onnxNodeTestsAgree(tfjsBackend({ provider: "wasm" }), ortBackend({ threads: 1 }), exceptions);
