import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { onnxNodeTests } from "../suites/onnx-node/suite.js";

onnxNodeTests(ortBackend({ threads: 1 }));
