import type { Tensors } from "../backends/backend.js";
import { attributionMap } from "./attribution-map.js";
import { concatBatch, sliceBatch } from "./batches.js";
import type { Compiler } from "./compiler.js";
import { contrastAt, formOf } from "./contrast.js";
import type { MethodQuestion, SessionExplanation } from "./explanation.js";
import type { MethodResult, SamplingMethod } from "./method.js";
import { Sampler } from "./sampler.js";
import { scoresOf } from "./samples.js";

/** One image after another, so that what an image gets does not depend on its companions. */
export async function explainBySampling(
  compiler: Compiler,
  method: SamplingMethod,
  { x, target, request, settings }: MethodQuestion,
): Promise<SessionExplanation> {
  request.signal?.throwIfAborted();
  const compiled = await compiler.forward("score", formOf(target), ({ output }) => ({
    outputs: { output },
  }));
  const others = request.feeds ?? new Map();
  const results = await compiler.run(compiled, x, { target, others });
  const samples = scoresOf(results, target);
  const found: MethodResult[] = [];
  for (const [n, { target: chosen, score }] of samples.entries()) {
    const sampler = new Sampler(compiler, {
      x: sliceBatch(x, [n]),
      ...(request.pixels ? { pixels: request.pixels } : {}),
      score,
      target: contrastAt(target, n, Number(chosen)),
      others: rowOf(others, n, samples.length),
      control: request,
      report: (done, total) =>
        request.onProgress?.({ sample: n, samples: samples.length, done, total }),
    });
    found.push(await method.sample(sampler, settings));
  }
  const attributions = found.flatMap(({ attribution }) => (attribution ? [attribution] : []));
  return {
    map: concatBatch(
      found.map(({ map, attribution }) => map ?? attributionMap(attribution!, method.signed)),
    ),
    output: results.get("output")!,
    ...(attributions.length > 0 ? { attribution: concatBatch(attributions) } : {}),
    samples: samples.map((sample, n) => {
      const { info } = found[n]!;
      return info ? { ...sample, info } : sample;
    }),
  };
}

/** The other inputs of one sample. */
function rowOf(others: Tensors, n: number, count: number): Tensors {
  const isOne = count === 1;
  return new Map(
    [...others].map(([name, t]) => [name, !isOne && t.dims[0] === count ? sliceBatch(t, [n]) : t]),
  );
}
