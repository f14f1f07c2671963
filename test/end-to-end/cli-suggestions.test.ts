import { join } from "node:path";
import { expect, test } from "vitest";
import {
  efficientNet,
  fixture,
  fullgrad,
  temporaryFolder,
  tinyInput,
  tinyRelu,
} from "./cli-harness.js";

const explain = ["explain", tinyRelu, tinyInput];
const cat = ["explain", efficientNet, fixture("images", "chelsea.png")];

test.each<[argv: readonly string[], meant: RegExp]>([
  [["explan"], /Did you mean explain\?/],
  [["evaluate", "pixelperturbation"], /Did you mean pixel-perturbation\?/],
  [["explain", "m", "x", "-o", "out", "--methd", "x"], /Did you mean --method\?/],
  [["methods", "gradcam"], /no method "gradcam" \(did you mean "grad-cam"/],
  [[...explain, "--method", "gradcam"], /'gradcam' is invalid.*\(did you mean "grad-cam"/],
  [[...explain, "--method", "rise:mask=3"], /no setting "mask" \(did you mean "masks"\?\)/],
  [[...explain, "--set", "implicite=true"], /no setting "implicite" \(did you mean "implicit"\?\)/],
  [[...explain, "--method", "grad-cam:layer=rleu"], /layer "rleu" .*\(did you mean "\/1\/Relu"/],
  [[...explain, "--output", "lgoits"], /no output "lgoits" \(did you mean "logits"\?\)/],
  [[...explain, "--input-name", "inptu"], /no input "inptu" \(did you mean "input"\?\)/],
  [[...explain, "--colormap", "infern"], /'infern' is invalid.*\(did you mean "inferno"\?\)/],
  [[...explain, "--provider", "gpu"], /--provider gpu: .*\(did you mean "cpu"/],
  [[...cat, "--target", "tigercat"], /no label .*\(did you mean "tiger cat"/],
])("%j: the nearest name is suggested", async (argv, meant) => {
  const runs = argv.includes(tinyInput) || argv.includes(efficientNet);
  const { code, stderr } = await fullgrad(
    ...argv,
    ...(runs ? ["-o", join(temporaryFolder(), "out")] : []),
  );
  expect([code, stderr]).toEqual([2, expect.stringMatching(meant)]);
});

test("a name that resembles nothing is refused without a suggestion", async () => {
  const { stderr } = await fullgrad("methods", "unicorn");
  expect(stderr).toMatch(/^fullgrad: no method "unicorn"; there are fullgrad/);
});
