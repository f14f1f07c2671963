import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeNpy } from "../../src/tensor/npy.js";
import { float32 } from "../../src/tensor/tensor.js";
import { floats, node } from "../unit/onnx/small-models.js";
import { fullgrad, readJson, temporaryFolder } from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

/** A score of minus the mean of an activation, and an image of ones. */
function negated(folder: string): readonly [model: string, input: string] {
  const proto = twoClasses({ weight: () => 1, bias: [0, 0] });
  const graph = {
    ...proto.graph,
    node: [...proto.graph!.node!, node("Neg", ["y"], ["z"], { name: "neg" })],
    output: [floats("z", "N", 2)],
  };
  const input = join(folder, "x.npy");
  writeFileSync(input, encodeNpy(float32([1, 3, 8, 8], new Float32Array(192).fill(1))));
  return [writeModelFile(folder, { ...proto, graph }), input];
}

const notesIn = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line.startsWith("note: "));

interface Noted {
  readonly notes: readonly { readonly code: string }[];
}

test("notes on a map appear on standard error, in the manifest and in the JSON", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "out");
  const flags = ["-o", out, "--method", "grad-cam", "--json"];
  const { code, stdout, stderr } = await fullgrad("explain", ...negated(folder), ...flags);
  expect(code).toBe(0);
  expect(notesIn(stderr)).toEqual([
    expect.stringMatching(/x\.npy: the map is 0 everywhere: .* "relu" is negative everywhere/),
  ]);
  const { results } = JSON.parse(stdout) as { results: [Noted] };
  expect(results[0].notes.map((note) => note.code)).toEqual(["zero-map"]);
  expect(readJson(join(out, "x.json"))["notes"]).toEqual(results[0].notes);
});

test("a comparison prints a note once for all methods it applies to", async () => {
  const folder = temporaryFolder();
  const run = ["compare", ...negated(folder), "--methods", "grad-cam,hires-cam"];
  const said = await fullgrad(...run, "-o", join(folder, "sheet.png"));
  expect(notesIn(said.stdout)).toEqual([
    expect.stringMatching(/^note: x\.npy, grad-cam, hires-cam: the map is 0 everywhere/),
  ]);
  const page = join(folder, "page.html");
  const { stdout } = await fullgrad(...run, "-o", page, "--json");
  const { results } = JSON.parse(stdout) as { results: [{ methods: Noted[] }] };
  expect(results[0].methods.map(({ notes }) => notes[0]!.code)).toEqual(["zero-map", "zero-map"]);
  expect(readFileSync(page, "utf8")).toContain(
    "x.npy, grad-cam, hires-cam: the map is 0 everywhere",
  );
});

test("an evaluation reports constant maps, which have no ranking", async () => {
  const folder = temporaryFolder();
  const flags = ["-o", join(folder, "report"), "--method", "grad-cam", "--json"];
  const { code, stdout } = await fullgrad("evaluate", "sparseness", ...negated(folder), ...flags);
  expect(code).toBe(0);
  const { notes } = JSON.parse(stdout) as Noted;
  expect(notes).toMatchObject([{ code: "zero-map", method: "grad-cam" }]);
});
