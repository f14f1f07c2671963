import type { Hole } from "../errors.js";
import type { Graph, TypedGraph } from "../onnx/ir.js";
import type { BiasKind } from "../ops/spec.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { DType } from "../tensor/dtype.js";
import type { Folded } from "./batch-norm-folding.js";
import type { BiasPlan } from "./bias-plan.js";

export interface PortReport {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export interface BiasReport {
  readonly node: string;
  readonly op: string;
  readonly kind: BiasKind;
  readonly shape: Shape;
  readonly spatial: boolean;
  /** Of a convolution: whether the exporter folded a BatchNormalization into it. */
  readonly batchNorm?: Folded;
}

/** What can be said of a model without running it. */
export interface Inspection {
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
  /** Number of nodes of each operator, as the file has them. */
  readonly operators: Readonly<Record<string, number>>;
  readonly biases: readonly BiasReport[];
  readonly unsupported: readonly Hole[];
  readonly explainable: boolean;
  /** Why it cannot be explained, where it is not for an operator. */
  readonly problem?: string;
}

/** The report of a graph, its bias plan where there is one, and everything that stands in the way. */
export function report(
  graph: Graph | TypedGraph,
  plan: BiasPlan | undefined,
  unsupported: readonly Hole[],
  problem?: string,
): Inspection {
  const ports = (list: Graph["inputs"]): PortReport[] =>
    list.map(({ name, fact }) => ({ name, dtype: fact.dtype, shape: fact.shape }));
  return {
    inputs: ports(graph.inputs),
    outputs: ports(graph.outputs),
    operators: countOperators(graph),
    biases: (plan?.units ?? []).map(({ node, op, kind, shape, spatial, batchNorm }) => ({
      node,
      op,
      kind,
      shape,
      spatial,
      ...(batchNorm ? { batchNorm } : {}),
    })),
    unsupported,
    explainable: unsupported.length === 0 && problem === undefined,
    ...(problem === undefined ? {} : { problem }),
  };
}

function countOperators(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op, domain } of graph.nodes) {
    const name = domain === "" ? op : `${domain}:${op}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([p], [q]) => (p < q ? -1 : 1)));
}
