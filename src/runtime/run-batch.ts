import type { Tensors } from "../tensor/tensor.js";
import type { Executable } from "../backends/backend.js";
import { concatBatch, sliceBatch } from "../tensor/batches.js";

/** The batch of a model. */
export interface BatchShape {
  /** Number of samples. */
  readonly count: number;
  /** The model's batch extent: a number if its file fixes it. */
  readonly declared: number | string;
  /** Inputs with a row for each sample. */
  readonly batched: ReadonlySet<string>;
}

/** Runs a batch of any size, in pieces if the model's batch size is fixed. */
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
    // The last piece is padded with its last sample, and the results are cut.
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
