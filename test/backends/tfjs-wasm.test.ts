import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { termsComeToTheirPlaces } from "../suites/token-places.js";
import { shapeArithmetic } from "../suites/elements.js";
import { operatorLaws } from "../suites/laws/suite.js";
import { rows } from "../suites/laws/table.js";

operatorLaws(tfjsBackend(), { float32: Object.fromEntries(rows.map((r) => [r.op, "float32"])) });
shapeArithmetic(tfjsBackend());
formsAgreeWithPyTorch(tfjsBackend());
termsComeToTheirPlaces(tfjsBackend());
