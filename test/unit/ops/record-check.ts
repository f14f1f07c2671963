import { expect } from "vitest";
import { differentiate } from "../../../src/autodiff/differentiate.js";
import { activePath } from "../../../src/analysis/active-path.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Attributes, TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import type { DType } from "../../../src/tensor/dtype.js";
import { sizeOf } from "../../../src/tensor/shape.js";
import { fromNumbers, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { biasTerm } from "../../support/bias-term.js";
import { graphFor } from "../../support/graphs.js";
import { Random } from "../../support/random.js";

/** An input of the operator: random numbers of a range unless values are given. */
export interface Operand {
  readonly dims: readonly number[];
  readonly values?: readonly number[];
  readonly range?: readonly [from: number, to: number];
  /** That of the application unless given. */
  readonly dtype?: DType;
  /** A constant of the graph, which does not depend on the image. */
  readonly still?: boolean;
  /** Its first extent is declared as the symbol N. */
  readonly open?: boolean;
}

/** One operator applied to inputs. */
export interface Applied {
  readonly op: string;
  readonly attributes?: Attributes;
  readonly inputs: readonly (Operand | undefined)[];
  readonly opset?: number;
  readonly dtype?: "float32" | "float64";
  readonly outputs?: number;
  /** Gradient of the output; random unless given. */
  readonly dy?: readonly number[];
  /** Step of the central difference. */
  readonly step?: number;
  readonly tolerance?: number;
  /** False for operators whose VJP is no derivative (straight-through) or that have kinks everywhere. */
  readonly difference?: boolean;
  readonly seed?: number;
}

/** What ONNX Runtime makes of an operator and of what our rules emit for it. */
export interface Outcome {
  readonly y: Tensor;
  readonly dy: ArrayLike<number>;
  /** By position of the active input. */
  readonly gradients: ReadonlyMap<number, Tensor>;
  readonly inputs: ReadonlyMap<number, Tensor>;
  readonly bias: Tensor | undefined;
  /** Names of the operators that the gradient is made of. */
  readonly emitted: readonly string[];
}

const backend = ortBackend({ threads: 1 });

async function run(
  graph: TypedGraph,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const executable = await backend.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}

/** The operator alone: inputs x0, x1 …, but for those that are constants. */
export function forwardGraph(a: Applied): {
  graph: TypedGraph;
  values: ReadonlyMap<number, Tensor>;
} {
  const random = new Random(a.seed ?? 7);
  const { b, type, domain } = graphFor(a.op, a.opset);
  const values = new Map<number, Tensor>();
  const inputs = a.inputs.map((operand, i) => {
    if (!operand) return undefined;
    const [from, to] = operand.range ?? [-2, 2];
    const numbers = operand.values ?? random.many(sizeOf(operand.dims), from, to);
    const t = fromNumbers(operand.dtype ?? a.dtype ?? "float64", operand.dims, numbers);
    if (operand.still) return b.constant(t);
    values.set(i, t);
    const shape = operand.open ? ["N", ...t.dims.slice(1)] : t.dims;
    return b.input(`x${i}`, { dtype: t.dtype, shape });
  });
  const outputs = b.call(type, inputs, a.attributes ?? {}, {
    outputs: a.outputs ?? 1,
    hint: "node",
    domain,
  });
  return { graph: b.build([{ name: outputs[0]!.name, value: outputs[0]! }]), values };
}

function feedsOf(values: ReadonlyMap<number, Tensor>): Map<string, Tensor> {
  return new Map([...values].map(([i, t]) => [`x${i}`, t]));
}

/** Runs the operator, its gradient and its bias. */
export async function evaluate(a: Applied): Promise<Outcome> {
  const { graph: given, values } = forwardGraph(a);
  const graph = expandDefinitions(given, registry);
  const output = graph.outputs[0]!.name;
  const b = GraphBuilder.on(graph, registry.infer);
  const y = b.value(output);
  const dtype = y.fact.dtype.startsWith("float") ? y.fact.dtype : (a.dtype ?? "float64");
  const v = b.input("v", { dtype, shape: y.fact.shape });
  const { active } = activePath(
    graph,
    registry,
    [...values.keys()].map((i) => `x${i}`),
  );
  const gradients = differentiate(b, graph, registry, new Map([[output, v]]), active);
  const wanted = [...values.keys()].flatMap((i) => {
    const gradient = gradients.of(`x${i}`);
    return gradient ? [{ i, gradient }] : [];
  });
  const bias = biasTerm(b, graph, active, gradients);
  const whole = b.build([
    { name: "y", value: y },
    ...wanted.map(({ i, gradient }) => ({ name: `d${i}`, value: gradient })),
    ...(bias ? [{ name: "b", value: bias }] : []),
  ]);

  const batch = a.inputs.find((operand) => operand?.open)?.dims[0];
  const shape = y.fact.shape.map((d) => (d === "N" ? batch! : Number(d)));
  const dy = a.dy ?? new Random((a.seed ?? 7) + 1).many(sizeOf(shape), -1, 1);
  const feeds = feedsOf(values).set("v", fromNumbers(dtype, shape, dy));
  const results = await run(whole, feeds);
  const found = results.get("y")!;
  expect(found.dims, "the shape of y").toEqual(shape);
  for (const { i } of wanted) expect(results.get(`d${i}`)!.dims).toEqual(values.get(i)!.dims);
  return {
    y: found,
    dy,
    gradients: new Map(wanted.map(({ i }) => [i, results.get(`d${i}`)!])),
    inputs: values,
    bias: results.get("b"),
    emitted: whole.nodes.map((n) => n.op).filter((op) => op !== "Identity"),
  };
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): { value: number; mass: number } {
  let [value, mass] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    value += a[i]! * b[i]!;
    mass += Math.abs(a[i]! * b[i]!);
  }
  return { value, mass };
}

/**
 * Holds a record to ONNX Runtime's own forward pass: conservation, and the gradient against a central difference
 * along a random direction of all active inputs at once.
 */
export async function check(a: Applied): Promise<Outcome> {
  const outcome = await evaluate(a);
  const tolerance = a.tolerance ?? (a.dtype === "float32" ? 2e-5 : 1e-10);
  const y = inner(outcome.dy, toNumbers(outcome.y));
  const parts = [...outcome.gradients].map(([i, g]) =>
    inner(toNumbers(g), toNumbers(outcome.inputs.get(i)!)),
  );
  const terms = outcome.bias ? Array.from(toNumbers(outcome.bias)) : [];
  // A bias of less than the output's shape was broadcast by the product with v.
  const bias = inner(terms, new Array<number>(terms.length).fill(1));
  const sum = parts.reduce((s, p) => s + p.value, bias.value);
  const mass = parts.reduce((s, p) => s + p.mass, y.mass + bias.mass);
  expect(Math.abs(sum - y.value) / (mass || 1), "conservation").toBeLessThan(tolerance);

  if (a.difference === false) return outcome;
  const step = a.step ?? (a.dtype === "float32" ? 2 ** -6 : 1e-5);
  const slope = await centralDifference(a, outcome, step);
  const along = slope.directions.map(([i, d]) => inner(toNumbers(outcome.gradients.get(i)!), d));
  const derivative = along.reduce((s, p) => s + p.value, 0);
  const size = along.reduce((s, p) => s + p.mass, 0);
  const bound = a.dtype === "float32" ? (a.tolerance ?? 1e-3) : 1e-7;
  const gap = Math.abs(derivative - slope.value) / (size || 1);
  expect(gap, "gradient against the central difference").toBeLessThan(bound);
  return outcome;
}

async function centralDifference(
  a: Applied,
  outcome: Outcome,
  step: number,
): Promise<{ value: number; directions: [number, number[]][] }> {
  const { graph } = forwardGraph(a);
  const random = new Random((a.seed ?? 7) + 2);
  const directions = [...outcome.gradients.keys()].map((i): [number, number[]] => [
    i,
    random.many(toNumbers(outcome.inputs.get(i)!).length, -1, 1),
  ]);
  const at = async (h: number): Promise<number> => {
    const moved = new Map(outcome.inputs);
    for (const [i, direction] of directions) {
      const t = outcome.inputs.get(i)!;
      const x = toNumbers(t);
      moved.set(
        i,
        fromNumbers(
          t.dtype,
          t.dims,
          direction.map((d, k) => x[k]! + h * d),
        ),
      );
    }
    const results = await run(graph, feedsOf(moved));
    return inner(outcome.dy, toNumbers(results.get(graph.outputs[0]!.name)!)).value;
  };
  return { value: ((await at(step)) - (await at(-step))) / (2 * step), directions };
}
