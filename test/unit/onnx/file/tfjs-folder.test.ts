import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { convertToTfjs } from "../../../../converters/tfjs/onnx-to-tfjs.js";
import { writeTfjsFolder } from "../../../../converters/tfjs/tfjs-weights.js";
import { ExternalDataError, FullgradError, ModelFormatError } from "../../../../src/errors.js";
import { readGraph } from "../../../../src/model/read-graph.js";
import { random } from "../../../../src/tensor/random.js";
import { fixture } from "../../../end-to-end/cli-harness.js";

const original = await readGraph(fixture("networks", "tiny-silu.legacy.onnx"));
const { model, weights } = convertToTfjs(original, { half: false, generatedBy: "a test" });
const json = JSON.stringify({ ...model, weightsManifest: weights.manifest });
const [shard = ""] = weights.shards.keys();

let [folder, path] = ["", ""];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "fullgrad-tfjs-")), "model");
  path = join(folder, "model.json");
  writeTfjsFolder(folder, model, weights);
});
afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

const withShard = (name: string): string =>
  json.replaceAll(JSON.stringify(shard), JSON.stringify(name));

test("reading a converted folder gives the original model", async () => {
  const graph = await readGraph(path);
  expect(graph.nodes).toEqual(original.nodes);
  expect([...graph.constants].sort()).toEqual([...original.constants].sort());
  expect([graph.inputs, graph.opsets]).toEqual([original.inputs, original.opsets]);
});

describe("weight files", () => {
  test.each(["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x", "", "\0"])(
    "named %j are not opened",
    async (name) => {
      writeFileSync(path, withShard(name));
      await expect(readGraph(path)).rejects.toThrow(ExternalDataError);
      await expect(readGraph(path)).rejects.toThrow(/inside the model's folder/);
    },
  );

  test("are not opened through a link that leaves the folder", async () => {
    writeFileSync(join(folder, "..", "secret"), "");
    symlinkSync(join(folder, "..", "secret"), join(folder, "link"));
    writeFileSync(path, withShard("link"));
    await expect(readGraph(path)).rejects.toThrow(/leads out of the model's folder/);
  });

  test("that are pipes or folders are rejected without blocking", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    mkdirSync(join(folder, "deeper"));
    for (const name of ["pipe", "deeper"]) {
      writeFileSync(path, withShard(name));
      await expect(readGraph(path)).rejects.toThrow(/is not a regular file/);
    }
  });

  test("that are missing, truncated or listed twice are rejected", async () => {
    writeFileSync(path, withShard("none.bin"));
    await expect(readGraph(path)).rejects.toThrow(/none\.bin" is missing/);
    writeFileSync(path, json.replace(`"${shard}"`, `"${shard}","${shard}"`));
    await expect(readGraph(path)).rejects.toThrow(/twice/);
    writeFileSync(path, json);
    writeFileSync(join(folder, shard), "short");
    await expect(readGraph(path)).rejects.toThrow(/the weight files are truncated within/);
  });
});

test.each([
  ["null", /it must be an object, but is null/],
  [json.slice(0, 500), /not JSON, it is cut off/],
  ['{"format":"graph-model"}', /it was not written by fullgrad convert/],
  [json.replace('"op":', '"on":'), /nodes\[0\]\.op" must be a string, but is missing/],
  [json.replace(/"shape":\[[^\]]*\],"dtype"/, '"shape":[1e9,1e9,1e9],"dtype"'), /impossible dims/],
])("model.json %.20s… is refused and says why", async (content, message) => {
  writeFileSync(path, content);
  await expect(readGraph(path)).rejects.toThrow(ModelFormatError);
  await expect(readGraph(path)).rejects.toThrow(message);
});

test("each of four hundred damaged model.json files is read or rejected with a typed error", async () => {
  const draw = random(7);
  const pieces = ["null", "-1", "1e999", '""', "{}", "[]", "true", '"__proto__"'];
  const pick = (n: number): number => Math.floor(draw.uniform() * n);
  for (let i = 0; i < 400; i++) {
    // Replace a value, a field name or a few characters.
    const tokens = json.split(/(?<=[,:[{])|(?=[,:\]}])/);
    const at = pick(tokens.length);
    tokens[at] = i % 4 === 0 ? "" : pieces[pick(pieces.length)]!;
    writeFileSync(path, tokens.join(""));
    const error: unknown = await readGraph(path).catch((e: unknown) => e);
    if (error instanceof Error) expect(error).toBeInstanceOf(FullgradError);
  }
});
