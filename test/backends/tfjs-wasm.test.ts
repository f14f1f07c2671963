import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { shapeArithmetic } from "../suites/elements.js";
import { enginesAgree } from "../suites/laws/agreement.js";
import { operatorLaws } from "../suites/laws/suite.js";
import { rows } from "../suites/laws/table.js";

const backend = tfjsBackend({ provider: "wasm" });
const everything = Object.fromEntries(rows.map((row) => [row.op, "tfjs does not support float64"]));

operatorLaws(backend, { float32: everything, staticSizes: true });
enginesAgree(backend, ortBackend({ threads: 1 }));
shapeArithmetic(backend);
