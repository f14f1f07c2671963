import { float32, int64, toFloat32, type Tensors } from "../../tensor/tensor.js";
import { attributionMap } from "./attribution-map.js";
import { concatBatch, rowsOf, sliceBatch } from "../../tensor/batches.js";
import type { Compiler } from "../../runtime/compiler.js";
import { contrastAt, formOf, type ResolvedContrast } from "../../target/contrast.js";
import type { MethodQuestion, SessionExplanation } from "./explanation.js";
import type { MethodResult, SamplingMethod } from "./method.js";
import { Sampler, scores } from "./sampler.js";
import { scoresOf } from "../../runtime/samples.js";

/** Explains images one by one, so that a result does not depend on the other images of the batch. */
export async function explainBySampling(
  compiler: Compiler,
  method: SamplingMethod,
  { x, target: asked, request, settings }: MethodQuestion,
): Promise<SessionExplanation> {
  const others = request.feeds ?? new Map();
  const scoreOf = async (target: ResolvedContrast): Promise<Tensors> => {
    request.signal?.throwIfAborted();
    const compiled = await compiler.forward(scores.key, formOf(target), scores.forward);
    return compiler.run(compiled, x, { target, others });
  };
  const { target, results } = await withoutTop(asked, x.dims[0]!, scoreOf);
  const samples = scoresOf(results, target);
  const found: MethodResult[] = [];
  for (const [n, { score }] of samples.entries()) {
    const sampler = new Sampler(compiler, {
      x: sliceBatch(x, [n]),
      ...(request.pixels ? { pixels: request.pixels } : {}),
      score,
      target: contrastAt(target, n),
      others: othersAt(others, n, samples.length),
      control: request,
      report: (done, total) =>
        request.onProgress?.({ sample: n, samples: samples.length, done, total }),
    });
    found.push(await method.sample(sampler, settings));
  }
  const attributions = found.flatMap(({ attribution }) => (attribution ? [attribution] : []));
  return {
    map: toFloat32(
      concatBatch(
        found.map(({ map, attribution }) => map ?? attributionMap(attribution!, method.signed)),
      ),
    ),
    output: results.get("output")!,
    ...(attributions.length > 0 ? { attribution: concatBatch(attributions) } : {}),
    samples: samples.map((sample, n) => {
      const { info, evidence } = found[n]!;
      return { ...sample, ...(info ? { info } : {}), ...(evidence ? { evidence } : {}) };
    }),
  };
}

/**
 * The target with "top" replaced by the class of the highest score, and its scores. The class is read from the output
 * of the graph for given classes, so that no second graph is compiled.
 */
async function withoutTop(
  asked: ResolvedContrast,
  count: number,
  score: (target: ResolvedContrast) => Promise<Tensors>,
): Promise<{ readonly target: ResolvedContrast; readonly results: Tensors }> {
  if (asked.chosen !== "top") return { target: asked, results: await score(asked) };
  const results = await score({ ...asked, chosen: new Array<number>(count).fill(0) });
  const rows = rowsOf(results.get("output")!, count);
  const best = rows.map((row) => row.reduce((p, v) => Math.max(p, v), -Infinity));
  // The first of equal scores, as ArgMax.
  const chosen = rows.map((row, n) => Math.max(0, row.indexOf(best[n]!)));
  const target = { ...asked, chosen };
  if (asked.versus || asked.quantity !== "score") return { target, results: await score(target) };
  const known = { score: float32([count], best), target: int64(chosen) };
  return { target, results: new Map([...results, ...Object.entries(known)]) };
}

/** The other inputs of one sample. */
function othersAt(others: Tensors, n: number, count: number): Tensors {
  const isOne = count === 1;
  return new Map(
    [...others].map(([name, t]) => [name, !isOne && t.dims[0] === count ? sliceBatch(t, [n]) : t]),
  );
}
