import { expect, test } from "vitest";
import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { exceptions } from "../backends/tfjs-exceptions.js";
import { fullgrad, temporaryFolder, efficientNet, fixture } from "../end-to-end/cli-harness.js";
import { dimensionsHold } from "../suites/dimensions.js";
import { shapeArithmetic } from "../suites/elements.js";
import { formsAgreeWithPyTorch } from "../suites/forms.js";
import { enginesAgree } from "../suites/laws/agreement.js";
import { networksAgreeWithPyTorch } from "../suites/networks.js";
import { onnxNodeTestsAgree } from "../suites/onnx-node/agreement.js";
import { photographIsExplainedAlike } from "../suites/photograph.js";
import { termsComeToTheirPositions } from "../suites/token-positions.js";
import { fullGradientsDependWeakly } from "../suites/weak-dependence.js";

const [backend, reference] = [tfjsBackend({ provider: "node" }), ortBackend({ threads: 1 })];

enginesAgree(backend, reference);
onnxNodeTestsAgree(backend, reference, exceptions);
shapeArithmetic(backend);
networksAgreeWithPyTorch(backend);
formsAgreeWithPyTorch(backend);
termsComeToTheirPositions(backend);
dimensionsHold(backend);
fullGradientsDependWeakly(backend);
photographIsExplainedAlike(backend, reference);

test("the command line explains on it", async () => {
  const { code, stdout } = await fullgrad(
    ...["explain", efficientNet, fixture("images", "chelsea.png"), "-o", temporaryFolder()],
    ...["--backend", "tfjs", "--provider", "node", "--json"],
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ target: 282 }] });
});
