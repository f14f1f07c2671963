import type { Tensors } from "../tensor/tensor.js";
import type { Executable } from "../backends/backend.js";
import { concatBatch, sliceBatch } from "../tensor/batches.js";

/** How the batch of a model is made up. */
export interface BatchShape {
  /** Number of samples. */
  readonly count: number;
  /** How many the model takes at once: a number where its file fixes that. */
  readonly declared: number | string;
  /** Inputs that have a row for each sample. */
  readonly batched: ReadonlySet<string>;
}

/** Runs a batch of any size, in pieces where the model's own batch is fixed. */
export async function runBatch(
  executable: Executable,
  feeds: Tensors,
  { count, declared, batched }: BatchShape,
): Promise<Tensors> {
  const size = typeof declared === "number" ? declared : count;
  if (size === count) return executable.run(feeds);
  const pieces: Tensors[] = [];
  for (let start = 0; start < count; start += size) {
    const here = Math.min(size, count - start);
    // The last piece is filled up with its last sample, and cut again afterwards.
    const rows = Array.from({ length: size }, (_, i) => start + Math.min(i, here - 1));
    const part = [...feeds].map(([name, t]) => {
      const isCut = batched.has(name) && t.dims[0] === count;
      return [name, isCut ? sliceBatch(t, rows) : t] as const;
    });
    const results = await executable.run(new Map(part));
    const kept = Array.from({ length: here }, (_, i) => i);
    pieces.push(
      new Map([...results].map(([name, t]) => [name, here < size ? sliceBatch(t, kept) : t])),
    );
  }
  const names = [...pieces[0]!.keys()];
  return new Map(names.map((name) => [name, concatBatch(pieces.map((piece) => piece.get(name)!))]));
}
