import type { Value } from "../../onnx/ir.js";
import { toFloat32, toNumbers, type Tensor, type Tensors } from "../../tensor/tensor.js";
import { emitAttributionMap } from "./attribution-map.js";
import { concatBatch, sliceBatch } from "../../tensor/batches.js";
import type { Compiler } from "../../runtime/compiler.js";
import { formOf } from "../../target/contrast.js";
import type { ExplainRequest, MethodQuestion, SessionExplanation } from "./explanation.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import type { GraphMethod, MethodNodes } from "./method.js";
import { samplesOf, scoresOf } from "../../runtime/samples.js";

/** The method's results. The terms of a vector are not spatial, so ∇ₓf ⊙ x replaces their map. */
function nodesOf(
  full: FullGradient,
  method: GraphMethod,
  settings: Readonly<Record<string, unknown>>,
): MethodNodes {
  const isVector = full.input.fact.shape.length < 3;
  return isVector && method.decomposes && method.attributes === "map"
    ? { attribution: full.inputTerm }
    : method.emit(full, settings);
}

type Facts = Readonly<Record<string, number | string>>;

/** Explains the whole batch in one pass. */
export async function explainByGraph(
  compiler: Compiler,
  method: GraphMethod,
  question: MethodQuestion,
): Promise<SessionExplanation> {
  if (question.isAll) return explainAllClasses(compiler, method, question);
  const { x, target, request, settings } = question;
  const key = `${method.name}/${graphKey(settings)}`;
  const compiled = await compiler.backward(
    key,
    formOf(target),
    (full) => {
      const {
        map,
        attribution,
        info = {},
        evidence = {},
        inputs,
      } = nodesOf(full, method, settings);
      const measured = Object.entries(info).filter(([, value]) => typeof value === "object");
      return {
        outputs: {
          map: map ?? emitAttributionMap(full.b, attribution!, method.signed),
          output: full.output,
          ...(attribution ? { attribution } : {}),
          ...(method.decomposes ? { sums: full.sums } : {}),
          ...Object.fromEntries(measured.map(([name, v]) => [`info/${name}`, v as Value])),
          ...Object.fromEntries(
            Object.entries(evidence).map(([name, v]) => [`evidence/${name}`, v]),
          ),
        },
        ...(inputs ? { inputs } : {}),
        notes: Object.fromEntries(
          Object.entries(info).filter(([, value]) => typeof value !== "object"),
        ) as Facts,
      };
    },
    method.rules && ((at) => method.rules!(at, settings)),
  );
  request.signal?.throwIfAborted();
  const roles = method.feeds ? feedsForEach(x, method, request, settings) : {};
  const results = await compiler.run(compiled, x, {
    target,
    roles,
    ...(request.feeds ? { others: request.feeds } : {}),
  });
  const samples = method.decomposes
    ? samplesOf(compiled, results, target)
    : scoresOf(results, target);
  const attribution = results.get("attribution");
  return {
    map: toFloat32(results.get("map")!),
    output: results.get("output")!,
    ...(attribution ? { attribution } : {}),
    samples: samples.map((sample, n) => {
      const info = { ...compiled.notes, ...numbersOf(results, "info/", n) };
      const evidence = numbersOf(results, "evidence/", n);
      return {
        ...sample,
        ...(Object.keys(info).length > 0 ? { info } : {}),
        ...(Object.keys(evidence).length > 0 ? { evidence } : {}),
      };
    }),
  };
}

/** The maps of all classes, [N,K,…spatial of the layer]; score and class of each sample belong to its top class. */
async function explainAllClasses(
  compiler: Compiler,
  method: GraphMethod,
  { x, target, request, settings }: MethodQuestion,
): Promise<SessionExplanation> {
  const key = `${method.name}/all/${graphKey(settings)}`;
  const compiled = await compiler.backward(key, formOf(target), (full) => ({
    outputs: { map: method.classMaps!(full, settings), output: full.output },
  }));
  request.signal?.throwIfAborted();
  const others = request.feeds ? { others: request.feeds } : {};
  const results = await compiler.run(compiled, x, { target, ...others });
  const samples = scoresOf(results, target).map((sample) => ({ ...sample, target: target.words }));
  return { map: toFloat32(results.get("map")!), output: results.get("output")!, samples };
}

/** One sample's value of each result whose role has this prefix. */
function numbersOf(results: Tensors, prefix: string, n: number): Record<string, number> {
  const numbers = [...results].flatMap(([role, t]) =>
    role.startsWith(prefix) ? [[role.slice(prefix.length), toNumbers(t)[n]!] as const] : [],
  );
  return Object.fromEntries(numbers);
}

/** The settings that may change the graph: all except tensors, which are graph inputs. */
function graphKey(settings: Readonly<Record<string, unknown>>): string {
  const plain = Object.entries(settings).filter(
    ([, value]) => typeof value !== "object" || Array.isArray(value),
  );
  return JSON.stringify(plain);
}

/** The method's feeds, image by image. */
function feedsForEach(
  x: Tensor,
  method: GraphMethod,
  { pixels }: ExplainRequest,
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Tensor>> {
  const each = Array.from({ length: x.dims[0]! }, (_, n) =>
    method.feeds!({ x: sliceBatch(x, [n]), ...(pixels ? { pixels } : {}) }, settings),
  );
  const names = Object.keys(each[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, concatBatch(each.map((f) => f[name]!))]));
}
