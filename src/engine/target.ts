import { TargetError } from "../errors.js";
import { int, type GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import { float32 } from "../tensor/tensor.js";

/** How the explained class is chosen: the model's own first choice, or an index given with each sample. */
export type TargetKind = "top" | "index";

/** The scalar f(x) of every sample, as graph. */
export interface TargetNodes {
  /** [N] int64: the class that is explained. */
  readonly target: Value;
  /** [N]: its score. */
  readonly score: Value;
  /** [N,K]: the gradient of Σ scores with respect to the output. */
  readonly seed: Value;
  /** Name of the graph's second input, where the class is given. */
  readonly input?: string;
}

/** Number of classes of an output [N,K]. @throws {TargetError} where it has another shape. */
export function classCount(graph: TypedGraph, output: string): number {
  const { shape } = graph.facts.get(output)!;
  const classes = shape[1];
  if (shape.length !== 2 || typeof classes !== "number") {
    const others = graph.outputs.map((o) => `"${o.name}" [${o.fact.shape.join(",")}]`).join(", ");
    throw new TargetError(
      `output "${output}" is [${shape.join(",")}], but a class score is read from [N,K]. ` +
        `The model has these outputs: ${others}`,
    );
  }
  return classes;
}

/** Adds the choice of a class of an output [N,K], its score and its seed. */
export function emitTarget(
  b: GraphBuilder,
  output: Value,
  classes: number,
  kind: TargetKind,
): TargetNodes {
  const at = b.within("target");
  const given =
    kind === "index"
      ? b.input("target", { dtype: "int64", shape: [output.fact.shape[0]!] })
      : undefined;
  const target = given ?? at.op("ArgMax", [output], { axis: int(1), keepdims: int(0) }, "top");
  const values = at.cast(at.constant(float32([2], [0, 1])), output.fact.dtype);
  const seed = at.op("OneHot", [target, at.ints([classes]), values], { axis: int(1) }, "seed");
  const score = at.sum(at.mul(output, seed), [1], false, "score");
  return { target, score, seed, ...(given ? { input: given.name } : {}) };
}
