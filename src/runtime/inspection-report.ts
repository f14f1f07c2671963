import type { ExplainableValue, UnsupportedNode } from "../errors.js";
import type { Graph, Port } from "../onnx/ir.js";
import type { BiasKind } from "../ops/core/spec.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { DType } from "../tensor/dtype.js";
import type { Folded } from "../analysis/batch-norm-folding.js";
import type { BiasPlan } from "../analysis/bias-plan.js";
import type { ImageAxes } from "../analysis/image-axes.js";
import { lastOfEachSize } from "../analysis/spatial-layers.js";

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
  /** For a convolution: whether the exporter folded a BatchNormalization into it. */
  readonly batchNorm?: Folded;
}

/** A layer available to class activation maps; the setting `layer` takes its node or its value. */
export interface LayerReport {
  readonly node: string;
  readonly op: string;
  readonly value: string;
  /** [N,C,…spatial] */
  readonly shape: Shape;
  /** Whether it is the default layer. */
  readonly isDefault: boolean;
}

/** An unsupported node, which prevents an explanation if the explained value depends on it. */
export interface UnsupportedNodeReport extends UnsupportedNode {
  /** Whether the explained value depends on it. */
  readonly needed: boolean;
}

/** The properties of a model that are known without running it. */
export interface Inspection {
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
  /** The explained input, as fed; absent if it is ambiguous. */
  readonly input?: PortReport;
  /** Its axes; absent if they do not follow from the layers. */
  readonly image?: ImageAxes;
  /** The reason why the axes are unknown; the option `layout` names them. */
  readonly undecided?: string;
  /** Inputs beside it that the explained value needs; `zeros`: a state of a recurrent layer, zeros unless it is given. */
  readonly others?: readonly (PortReport & { readonly zeros?: true })[];
  /** The explained value; absent if its facts are unknown. */
  readonly output?: PortReport;
  /** Height and width assumed for the shapes, if the model leaves them open and no size was given. */
  readonly assumedSize?: readonly [height: number, width: number];
  /** Number of nodes of each operator in the file. */
  readonly operators: Readonly<Record<string, number>>;
  readonly biases: readonly BiasReport[];
  /** The last layer of each size; any other value with spatial axes of the image can be chosen too. */
  readonly layers: readonly LayerReport[];
  readonly unsupported: readonly UnsupportedNodeReport[];
  readonly explainable: boolean;
  /** Nodes whose random numbers are drawn once, from their seed, and are the same for every sample and pass. */
  readonly fixedNoise?: readonly string[];
  /** Why it cannot be explained, for reasons other than an unsupported node. */
  readonly problem?: string;
  /** Values that could be explained instead. */
  readonly instead?: readonly ExplainableValue[];
}

export const portReport = ({ name, fact }: Port): PortReport => ({
  name,
  dtype: fact.dtype,
  shape: fact.shape,
});

export function biasReports({ units }: BiasPlan): readonly BiasReport[] {
  return units.map(({ node, op, kind, shape, spatial, batchNorm }) => ({
    node,
    op,
    kind,
    shape,
    spatial,
    ...(batchNorm ? { batchNorm } : {}),
  }));
}

export function layerReports({ layers }: BiasPlan): readonly LayerReport[] {
  const last = layers.at(-1);
  return lastOfEachSize(layers).map((layer) => {
    const { node, op, value, shape } = layer;
    return { node, op, value, shape, isDefault: layer === last };
  });
}

export function countOperators(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op, domain } of graph.nodes) {
    const name = domain === "" ? op : `${domain}:${op}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([p], [q]) => (p < q ? -1 : 1)));
}
