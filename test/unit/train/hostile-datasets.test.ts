import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.js";
import { encodeNpy } from "../../../src/tensor/npy.js";
import { encodeSafetensors } from "../../../src/tensor/safetensors.js";
import { float32, int64, type Tensor } from "../../../src/tensor/tensor.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/train/checkpoint.js";
import { openDataset } from "../../../src/train/data/open-dataset.js";

const root = mkdtempSync(join(tmpdir(), "fullgrad-data-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});

describe("hostile data sets", () => {
  const write = (images: Tensor, labels: Tensor): string => {
    const folder = mkdtempSync(join(root, "set-"));
    for (const part of ["train", "test"]) {
      writeFileSync(join(folder, `${part}.images.npy`), encodeNpy(images));
      writeFileSync(join(folder, `${part}.labels.npy`), encodeNpy(labels));
    }
    return folder;
  };
  const images = (count: number, fill = 0): Tensor =>
    float32([count, 1, 1, 1], new Float32Array(count).fill(fill));

  test("130,000 labels are read", async () => {
    const labels = Array.from({ length: 130_000 }, (_, i) => i % 7);
    const { train } = await openDataset(write(images(130_000), int64(labels)));
    expect([train.length, train.classes]).toEqual([130_000, 7]);
  });

  test.each([
    [
      "NaN among the pixels",
      images(2, NaN),
      int64([0, 1]),
      /images\.npy contains the non-finite value NaN/,
    ],
    ["NaN among the labels", images(2), float32([2], [0, NaN]), /label NaN/],
    ["half a label", images(2), float32([2], [0.5, 2]), /label 0\.5/],
    ["a label below 0", images(2), int64([0, -1]), /label -1/],
    ["a billion classes", images(2), int64([0, 1e9]), /classes exceed the limit/],
  ])("%s is refused", async (_, x, y, message) => {
    const folder = write(x, y);
    await expect(openDataset(folder)).rejects.toThrow(InputError);
    await expect(openDataset(folder)).rejects.toThrow(message);
  });

  test.each(["", "{", '{"data":[0,', '{"data":[0,null]}', '{"data":3}', "null"])(
    "a digit's file %j is refused by its name",
    async (content) => {
      const folder = mkdtempSync(join(root, "set-"));
      for (let digit = 0; digit < 10; digit++)
        writeFileSync(join(folder, `${digit}.json`), content);
      await expect(openDataset(folder)).rejects.toThrow(InputError);
      await expect(openDataset(folder)).rejects.toThrow(/0\.json/);
    },
  );
});

describe("checkpoints", () => {
  const state = new Map([["w", float32([2], [1, 2])]]);

  test("round-trip; a non-finite loss becomes NaN", () => {
    const history = [{ epoch: 1, loss: NaN, accuracy: 0.5 }];
    const bytes = encodeCheckpoint({ settings: "usual", step: 3, history, state });
    expect(decodeCheckpoint(bytes, "usual")).toEqual({
      settings: "usual",
      step: 3,
      history,
      state,
    });
  });

  test.each([
    "",
    "{",
    "null",
    '{"settings":"usual"}',
    '{"settings":"usual","step":1,"history":[null]}',
  ])("that say %j are refused", (words) => {
    const bytes = encodeSafetensors({ tensors: state, metadata: { fullgrad: words } });
    expect(() => decodeCheckpoint(bytes, "usual")).toThrow(InputError);
  });
});
