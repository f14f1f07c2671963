import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { decodeNpy } from "../../src/tensor/npy.js";
import { fullgrad, readJson, temporaryFolder } from "./cli-harness.js";

const at = (path: string): string =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const file = (name: string): string => at(`cases/${name}`);
const cat = at("images/chelsea.png");
const dims = (path: string): readonly number[] => decodeNpy(readFileSync(path), path).dims;

test.each([
  ["nhwc", /^image +\[N,H,W,C\], by the Transpose before node_Conv_17$/m],
  ["spec3.legacy", /^image +\[N,F,T\], by the Unsqueeze before /m],
  ["mil.legacy", /^image +\[P,C,H,W\], .*one row for all/m],
  ["flat3", /^image +undecided: .*--layout/m],
])("inspect says what the axes of %s are, and how it knows", async (name, line) => {
  const { stdout } = await fullgrad("inspect", file(`${name}.onnx`));
  expect(stdout).toMatch(line);
});

test.each(["nhwc", "nobatch", "uint8_nchw", "uint8_nhwc.legacy"])(
  "a picture is fed to %s in its own layout and dtype",
  async (name) => {
    const out = temporaryFolder();
    const { code } = await fullgrad("explain", file(`${name}.onnx`), cat, "-o", out);
    expect(code).toBe(0);
    const side = name === "uint8_nhwc.legacy" ? 16 : 64;
    expect(dims(join(out, "chelsea.map.npy"))).toEqual([side, side]);
    expect(existsSync(join(out, "chelsea.overlay.png"))).toBe(true);
    expect(readJson(join(out, "chelsea.json"))).toMatchObject({
      image: { spatial: expect.anything() as unknown },
    });
  },
);

test("a .npy file is a tensor, also with 13 channels, in explain, compare and evaluate", async () => {
  const out = temporaryFolder();
  const given = [file("ms13.hand.onnx"), file("ms13.x.npy"), "--preprocess", "none"];
  const run = await fullgrad("explain", ...given, "-o", out);
  expect(run.code).toBe(0);
  expect(dims(join(out, "ms13.x-1.map.npy"))).toEqual([24, 24]);
  const sheet = await fullgrad(
    "compare",
    ...given,
    "--methods",
    "fullgrad,gradient",
    "-o",
    join(out, "a.png"),
  );
  expect(sheet.code).toBe(0);
  const evaluation = [
    "pixel-perturbation",
    ...given,
    "--method",
    "gradient",
    "-o",
    join(out, "test"),
  ];
  expect((await fullgrad("evaluate", ...evaluation)).code).toBe(0);
});

test("a vector has an attribution but no map, and the output line says so", async () => {
  const out = temporaryFolder();
  const run = await fullgrad("explain", file("mlp.onnx"), file("mlp.x.npy"), "-o", out);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("no map: the input has no spatial axis");
  expect(dims(join(out, "mlp.x-0.attribution.npy"))).toEqual([7]);
  expect(existsSync(join(out, "mlp.x-0.map.npy"))).toBe(false);
});

test("an undecided layout makes explain ask for --layout, which needs a letter for each axis", async () => {
  const out = temporaryFolder();
  const asked = [file("flat3.onnx"), file("flat3.x.npy"), "-o", out];
  const { code, stderr } = await fullgrad("explain", ...asked);
  expect(code).not.toBe(0);
  expect(stderr).toContain("--layout");
  const wrong = await fullgrad("explain", ...asked, "--layout", "NCHW");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("--layout NCHW: 4 letters for the 3 axes of [N,6,8]");
  expect((await fullgrad("explain", ...asked, "--layout", "NCL")).code).toBe(0);
  expect(dims(join(out, "flat3.x-0.map.npy"))).toEqual([8]);
});
