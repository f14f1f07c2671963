import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { enginesAgree } from "../suites/laws/agreement.js";
import { onnxNodeTestsAgree } from "../suites/onnx-node/agreement.js";
import { exceptions } from "./tfjs-exceptions.js";

const [backend, reference] = [tfjsBackend({ provider: "cpu" }), ortBackend({ threads: 1 })];

enginesAgree(backend, reference);
onnxNodeTestsAgree(backend, reference, exceptions);
