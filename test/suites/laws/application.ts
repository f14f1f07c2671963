import { differentiate } from "../../../src/autodiff/differentiate.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { activePath } from "../../../src/analysis/active-path.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import { mergeEqualNodes } from "../../../src/passes/finishing/merge-equal-nodes.js";
import { isFloat } from "../../../src/tensor/dtype.js";
import { fromNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { biasTerm } from "../../support/bias-term.js";
import { bind, graphFor } from "../../support/graphs.js";
import { Random } from "../../support/random.js";
import { draw, isConstant, type Case, type Constant } from "./case.js";

export type Precision = "float32" | "float64";

/** The results of the rules for given active inputs. All names are outputs of the graph. */
export interface Activation {
  /** Positions of the active inputs. */
  readonly inputs: readonly number[];
  /** For each active input, its gradient. */
  readonly gradients: readonly string[];
  /** v ⊙ bias, if the operator has a bias. */
  readonly biasTerm: string | undefined;
}

/** An operator applied to its inputs, with its gradients and biases: one graph and its input values. */
export interface Application {
  readonly graph: TypedGraph;
  /** Positions of the inputs that are differentiated. */
  readonly variables: readonly number[];
  /** By position. */
  readonly inputs: ReadonlyMap<number, { readonly name: string; readonly value: Tensor }>;
  /** The float outputs, and the covector that each is given. */
  readonly outputs: readonly { readonly name: string; readonly covector: string }[];
  readonly covectors: ReadonlyMap<string, Tensor>;
  readonly activations: readonly Activation[];
}

/** Number of the samples that the symbol N stands for is the first extent of whatever carries it. */
export const batchSymbol = "N";

/** The operator alone, applied to graph inputs x0, x1 … and constants. */
export function forwardOf(
  c: Case,
  precision: Precision,
): { readonly graph: TypedGraph; readonly ys: readonly Value[] } {
  const { b: forward, type, domain } = graphFor(c.op, c.opset);
  const values = c.inputs.map((operand, i) => {
    if (!operand) return undefined;
    if (isConstant(operand)) return forward.constant(constantOf(operand, precision));
    const shape = operand.openBatch ? [batchSymbol, ...operand.dims.slice(1)] : operand.dims;
    return forward.input(`x${i}`, { dtype: precision, shape });
  });
  const ys = forward.call(type, values, c.attributes, {
    outputs: c.outputs ?? 1,
    hint: "node",
    domain,
  });
  const graph = forward.build(ys.map((value) => ({ name: value.name, value })));
  return { graph, ys };
}

/** Builds the graph of a case. `symbols` gives the value of N. */
export function apply(
  c: Case,
  precision: Precision,
): Application & { readonly symbols: Readonly<Record<string, number>> } {
  const { graph: written, ys } = forwardOf(c, precision);
  const graph = expandDefinitions(written, registry);

  const variables = c.inputs.flatMap((operand, i) => (operand && !isConstant(operand) ? [i] : []));
  const b = GraphBuilder.on(graph, registry.infer);
  const outputs = ys
    .filter((y) => isFloat(y.fact.dtype))
    .map((y, k) => ({ y, covector: b.input(`v${k}`, y.fact) }));
  const made: { name: string; value: Value }[] = ys.map((y) => ({ name: y.name, value: y }));
  const activations = subsets(variables).map((inputs) =>
    activate(b, graph, inputs, outputs, (name, value) => {
      made.push({ name, value });
      return name;
    }),
  );

  const { random, inputs, symbols } = drawInputs(c, precision);
  const covectors = new Map(
    outputs.map(({ covector: { name, fact } }) => {
      const dims = fact.shape.map((d) => bind(d, symbols) ?? Number.NaN);
      const count = dims.reduce((p, d) => p * d, 1);
      return [name, fromNumbers(fact.dtype, dims, random.many(count, -1, 1))];
    }),
  );
  return {
    // The gradients for different active inputs share most of their nodes (LSTM: all but 870 of 6,900).
    graph: mergeEqualNodes(b.build(made), registry),
    variables,
    inputs,
    outputs: outputs.map((o) => ({ name: o.y.name, covector: o.covector.name })),
    covectors,
    activations,
    symbols,
  };
}

/** Gradients and bias where the given inputs are the active ones. */
function activate(
  b: GraphBuilder,
  graph: TypedGraph,
  inputs: readonly number[],
  outputs: readonly { y: Value; covector: Value }[],
  emit: (name: string, value: Value) => string,
): Activation {
  const label = inputs.join("");
  const names = inputs.map((i) => `x${i}`);
  const { active } = activePath(graph, registry, names);
  const seeds = new Map(outputs.map(({ y, covector }) => [y.name, covector]));
  const all = differentiate(b, graph, registry, seeds, active);
  const gradients = names.map((name, k) => {
    const gradient = all.of(name);
    if (!gradient) throw new Error(`input ${inputs[k]!} is a float, but gets no gradient`);
    return emit(`gradient${label}/${inputs[k]!}`, gradient);
  });
  const term = biasTerm(b, graph, active, all);
  if (!term) return { inputs, gradients, biasTerm: undefined };
  return { inputs, gradients, biasTerm: emit(`bias${label}`, term) };
}

/** Values of the inputs of a case, with the random numbers that follow and the extents of its symbols. */
export function drawInputs(
  c: Case,
  precision: Precision,
): {
  random: Random;
  inputs: Map<number, { name: string; value: Tensor }>;
  symbols: Record<string, number>;
} {
  const random = new Random(c.seed);
  const inputs = new Map<number, { name: string; value: Tensor }>();
  const symbols: Record<string, number> = { ...c.extents };
  const variables = c.inputs.flatMap((operand, i) =>
    operand && !isConstant(operand) ? [[i, operand] as const] : [],
  );
  const distinct = variables.filter(([, v]) => v.values === "distinct");
  for (const [i, operand] of variables) {
    const which = distinct.findIndex(([k]) => k === i);
    const numbers = draw(operand, random, which, distinct.length);
    inputs.set(i, { name: `x${i}`, value: fromNumbers(precision, operand.dims, numbers) });
    if (operand.openBatch) symbols[batchSymbol] = operand.dims[0]!;
  }
  return { random, inputs, symbols };
}

function constantOf({ dims, constant, dtype = "int64" }: Constant, precision: Precision): Tensor {
  return fromNumbers(dtype === "float" ? precision : dtype, dims, constant);
}

/** Every non-empty subset of the positions, the full set last. */
function subsets(positions: readonly number[]): number[][] {
  const count = 2 ** positions.length;
  return Array.from({ length: count - 1 }, (_, bits) =>
    positions.filter((_, k) => ((bits + 1) >> k) & 1),
  );
}
