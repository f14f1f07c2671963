import { join } from "node:path";
import { numberToHalf } from "../../src/tensor/half.js";
import { bytesOf, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { writeTogether } from "../../src/files/write-files.js";

/** The size of a weight file in tfjs. */
const shardBytes = 4 * 2 ** 20;

/** An entry of tfjs' weights manifest. */
export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  /** Stored as float16; tfjs converts it to float32. */
  readonly quantization?: { readonly dtype: "float16"; readonly original_dtype: "float32" };
}

export interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

/** Weights in tfjs's format: one stream of bytes, split into files of 4 MB. */
export interface PackedWeights {
  readonly manifest: readonly ManifestGroup[];
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

/**
 * @param half store float32 weights as float16, rounded to nearest
 * @param mostShards largest number of files; they become larger if needed
 */
export function packWeights(
  weights: readonly (readonly [string, Tensor])[],
  half: boolean,
  mostShards = Infinity,
): PackedWeights {
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, t] of weights) {
    const isHalf = half && t.dtype === "float32";
    entries.push({
      ...{ name, shape: t.dims, dtype: t.dtype as "float32" | "int32" },
      ...(isHalf
        ? { quantization: { dtype: "float16" as const, original_dtype: "float32" as const } }
        : {}),
    });
    parts.push(isHalf ? halves(t) : bytesOf(t));
  }
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  const size = Math.max(shardBytes, Math.ceil(all.length / mostShards));
  const count = Math.max(1, Math.ceil(all.length / size));
  const shards = new Map(
    Array.from({ length: count }, (_, i) => [
      `group1-shard${i + 1}of${count}.bin`,
      all.subarray(i * size, (i + 1) * size),
    ]),
  );
  return { manifest: [{ paths: [...shards.keys()], weights: entries }], shards };
}

function halves(t: Tensor): Uint8Array {
  return new Uint8Array(Uint16Array.from(toNumbers(t), numberToHalf).buffer);
}

/**
 * Writes model.json and the weight files into a folder, model.json last: a folder with a model.json is complete.
 *
 * @returns the paths written, model.json first
 */
export function writeTfjsFolder(
  folder: string,
  model: Readonly<Record<string, unknown>>,
  { manifest, shards }: PackedWeights,
): readonly string[] {
  const json = JSON.stringify({ ...model, weightsManifest: manifest });
  const files = [...shards, ["model.json", json] as const].map(
    ([name, content]) => [join(folder, name), content] as const,
  );
  writeTogether(files);
  return files.map(([path]) => path).reverse();
}
