import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExternalDataError } from "../../../../src/errors.js";
import { externalDataFiles } from "../../../../src/onnx/file/external-data-file.js";
import { importModel } from "../../../../src/onnx/import/import.js";
import type { Graph } from "../../../../src/onnx/ir.js";
import type { TensorProto } from "../../../../src/onnx/file/schema.js";
import { floats, model, node } from "../small-models.js";

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fullgrad-external-"));
  folder = join(root, "model");
  await mkdir(join(folder, "sub"), { recursive: true });
  const values = Float32Array.from({ length: 8 }, (_, i) => i);
  await writeFile(join(folder, "m.onnx"), "");
  await writeFile(join(folder, "w.data"), new Uint8Array(values.buffer));
  await writeFile(join(folder, "sub", "w.data"), new Uint8Array(values.buffer));
  await writeFile(join(root, "secret"), new Uint8Array(32));
  await symlink(join(root, "secret"), join(folder, "link"));
});

afterAll(() => rm(root, { recursive: true }));

/** Loads a model with one weight "w" of two floats, stored at the location given by `entries`. */
function load(entries: Record<string, string>, modelPath = join(folder, "m.onnx")): Promise<Graph> {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const w = { name: "w", dataType: 1, dims: BigInt64Array.of(2n), externalData, dataLocation: 1 };
  const proto = model({
    node: [node("Add", ["x", "w"], ["y"])],
    initializer: [w],
    input: [floats("x", 2)],
    output: [floats("y", 2)],
  });
  return importModel(proto, externalDataFiles(modelPath));
}

describe("weights in another file", () => {
  it("are read by offset and length", async () => {
    const graph = await load({ location: "w.data", offset: "8", length: "8" });
    expect(graph.constants.get("w")?.data).toEqual(Float32Array.of(2, 3));
  });

  it("may be in a subfolder, at an odd offset, without a length", async () => {
    const graph = await load({ location: "sub/w.data", offset: "3" });
    expect(graph.constants.get("w")?.data).toHaveLength(2);
  });

  it("may be links into the folder that the model links to, as in the Hugging Face cache", async () => {
    const snapshot = join(root, "snapshots", "1");
    await mkdir(snapshot, { recursive: true });
    await symlink(join(folder, "m.onnx"), join(snapshot, "m.onnx"));
    await symlink(join(folder, "w.data"), join(snapshot, "weights"));
    const graph = await load({ location: "weights" }, join(snapshot, "m.onnx"));
    expect(graph.constants.get("w")?.data).toEqual(Float32Array.of(0, 1));
  });

  it.each([
    ["leads up", { location: "../secret" }, /inside the model's folder/],
    ["leads up on a detour", { location: "sub/../../secret" }, /inside the model's folder/],
    ["leads up in Windows' way", { location: "sub\\..\\..\\secret" }, /inside the model's folder/],
    ["is absolute", { location: "/etc/passwd" }, /inside the model's folder/],
    ["names a drive", { location: "C:secret" }, /inside the model's folder/],
    ["names a server", { location: "\\\\server\\share" }, /inside the model's folder/],
    ["holds NUL", { location: "w.data\0.txt" }, /inside the model's folder/],
    ["is left out", {}, /inside the model's folder/],
    ["is a link out of the folder", { location: "link" }, /leads out of the model's folder/],
    ["is a folder", { location: "sub" }, /not a regular file/],
    [
      "is missing",
      { location: "gone.data" },
      /tensor "w" cannot be read: .*gone\.data" is missing; keep/,
    ],
  ])("are refused where the location %s", async (_, entries, message) => {
    await expect(load(entries)).rejects.toThrow(ExternalDataError);
    await expect(load(entries)).rejects.toThrow(message);
  });

  it.each([
    [
      "the file is too short",
      { offset: "28" },
      /has 32 bytes, but the tensor needs bytes 28 to 36/,
    ],
    ["the length is another", { length: "12" }, /float32\[2\] needs 8/],
    ["the offset is negative", { offset: "-8" }, /offset of tensor "w" is "-8"/],
    ["the offset is huge", { offset: "1e30" }, /not a number of bytes/],
  ])("are refused where %s", async (_, entries, message) => {
    const load_ = load({ location: "w.data", ...entries });
    await expect(load_).rejects.toThrow(message);
    await expect(load_).rejects.toThrow(ExternalDataError);
  });

  it("are read once if tensors share them, and rejected if they overlap partially", async () => {
    const weight = (name: string, offset: number): TensorProto => ({
      name,
      dataType: 1,
      dims: BigInt64Array.of(2n),
      dataLocation: 1,
      externalData: [
        { key: "location", value: "w.data" },
        { key: "offset", value: String(offset) },
      ],
    });
    let reads = 0;
    const read = (_: string, offset: number, length: number): Promise<Uint8Array> => {
      reads++;
      return Promise.resolve(new Uint8Array(length).fill(offset));
    };
    const initializer = Array.from({ length: 1000 }, (_, i) => weight(`w${i}`, 8));
    const graph = await importModel(
      model({ initializer: [...initializer, weight("next", 16)] }),
      read,
    );
    expect(reads).toBe(2);
    expect(graph.constants.get("w999")).toEqual(graph.constants.get("w0"));
    const overlapping = model({ initializer: [weight("a", 0), weight("b", 4)] });
    await expect(importModel(overlapping, read)).rejects.toThrow(
      /tensor "a" and tensor "b" overlap in "w.data"/,
    );
  });

  it("need a reader", async () => {
    const externalData = [{ key: "location", value: "w.data" }];
    const w = { name: "w", dataType: 1, externalData, dataLocation: 1 };
    await expect(importModel(model({ initializer: [w] }))).rejects.toThrow(
      /tensor "w" is in the file "w.data", but only the model's bytes were given; pass/,
    );
  });
});
