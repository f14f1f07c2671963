import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeNpy } from "../../src/tensor/npy.js";
import { fixture, fullgrad, temporaryFolder } from "./cli-harness.js";

const network = fixture("networks", "tiny-silu.dynamo.onnx");
const input = fixture("networks", "tiny-silu", "input.npy");

interface AllDocument {
  readonly results: readonly {
    readonly target: string;
    readonly files: { readonly map: string };
  }[];
}

test("--target all writes the maps of all classes of each sample", async () => {
  const out = join(temporaryFolder(), "out");
  const args = ["explain", network, input, "--target", "all", "--method", "cam", "-o", out];
  const { code, stdout } = await fullgrad(...args, "--json");
  expect(code).toBe(0);
  const { results } = JSON.parse(stdout) as AllDocument;
  expect(results.map(({ target }) => target)).toEqual(["all", "all"]);
  for (const [i, { files }] of results.entries()) {
    expect(files.map).toBe(join(out, `input-${i}.maps.npy`));
    const { dims } = decodeNpy(readFileSync(files.map));
    expect(dims).toHaveLength(3);
    expect(dims[0]).toBe(10);
  }
});

test("a method of one class at a time, and commands that compare maps, say what takes all", async () => {
  const out = join(temporaryFolder(), "out");
  const fullgradOfAll = await fullgrad("explain", network, input, "--target", "all", "-o", out);
  expect(fullgradOfAll.code).not.toBe(0);
  expect(fullgradOfAll.stderr).toMatch(
    /fullgrad explains one class at a time; target all: cam and/,
  );
  const verify = await fullgrad("verify", network, "--target", "all");
  expect(verify.stderr).toMatch(/only explain takes all/);
});
