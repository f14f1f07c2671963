import type { Backend, Executable } from "../../../src/backends/backend.js";
import { fromNumbers, toNumbers, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import { addUp, inner, type Product } from "../../support/compare.js";
import { bind } from "../../support/graphs.js";
import { Random } from "../../support/random.js";
import { apply, type Application, type Precision } from "./application.js";
import type { Case, Row } from "./case.js";

/** Tolerance of a law, relative to the absolute sum of its terms. */
interface Tolerances {
  readonly conservation: number;
  /** Step of the difference quotient. */
  readonly step: number;
  readonly gradient: number;
}

/**
 * The error of the five-point quotient is f⁽⁵⁾·step⁴/30, and rounding adds ε/step. In float64 both are small at 1/1000.
 * In float32 they are equal near 1/50, at about 1e-5 for these smooth functions; the fifth derivative of low-degree
 * polynomials is 0, so a large step reduces the rounding error.
 */
function tolerancesOf(row: Row, precision: Precision): Tolerances {
  const rounding = row.rounds ? "float32" : precision;
  if (rounding === "float64") return { conservation: 1e-11, step: 1e-3, gradient: 1e-8 };
  const quotient = row.polynomial ? { step: 0.5, gradient: 1e-5 } : { step: 0.02, gradient: 3e-4 };
  return { conservation: 1e-5, ...quotient };
}

/**
 * Checks a case against the laws: facts equal the engine's results, conservation, and the gradient equals the slope
 * along a random direction.
 *
 * @throws if a law is violated
 */
export async function checkLaws(
  backend: Backend,
  row: Row,
  c: Case,
  precision: Precision,
): Promise<void> {
  const application = apply(c, precision);
  const tolerances = tolerancesOf(row, precision);
  const executable = await backend.compile(application.graph);
  try {
    const feeds = new Map<string, Tensor>(application.covectors);
    for (const { name, value } of application.inputs.values()) feeds.set(name, value);
    const results = await executable.run(feeds);
    checkFacts(application, results, application.symbols);
    checkConservation(application, results, tolerances.conservation);
    await checkGradient(application, executable, feeds, results, tolerances, c.seed);
  } finally {
    await executable.dispose();
  }
}

function checkFacts(
  { graph }: Application,
  results: Tensors,
  symbols: Readonly<Record<string, number>>,
): void {
  for (const { name, fact } of graph.outputs) {
    const { dtype, dims } = results.get(name)!;
    const shape = fact.shape.map((d) => bind(d, symbols));
    const fits = shape.length === dims.length && shape.every((d, i) => (d ?? dims[i]) === dims[i]);
    if (fits && fact.dtype === dtype) continue;
    throw new Error(
      `${name} was inferred as ${fact.dtype} [${fact.shape.join()}], but is ${dtype} [${dims.join()}]`,
    );
  }
}

/** ⟨v, y⟩ = Σ ⟨vjpᵢ(v), xᵢ⟩ + ⟨v, bias⟩ over any set of active inputs */
function checkConservation(a: Application, results: Tensors, tolerance: number): void {
  const left = addUp(
    a.outputs.map((o) => inner(numbers(results, o.name), toNumbers(a.covectors.get(o.covector)!))),
  );
  for (const { inputs, gradients, biasTerm } of a.activations) {
    const parts = inputs.map((i, k) =>
      inner(numbers(results, gradients[k]!), toNumbers(a.inputs.get(i)!.value)),
    );
    if (biasTerm !== undefined) parts.push(sumOf(numbers(results, biasTerm)));
    const right = addUp(parts);
    expectEqual(`conservation with inputs ${inputs.join()} active`, left, right, tolerance);
  }
}

/** ⟨v, Df·u⟩ = Σ ⟨vjpᵢ(v), uᵢ⟩ for a random direction u in all variables at once */
async function checkGradient(
  a: Application,
  executable: Executable,
  feeds: Tensors,
  results: Tensors,
  { step, gradient: tolerance }: Tolerances,
  seed: number,
): Promise<void> {
  const everything = a.activations.at(-1);
  if (!everything) return;
  const random = new Random(seed + 1);
  const directions = new Map(
    everything.inputs.map((i) => {
      const count = toNumbers(a.inputs.get(i)!.value).length;
      return [i, random.many(count, -1, 1)];
    }),
  );
  const at = async (t: number): Promise<Product> => {
    const moved = new Map(feeds);
    for (const [i, u] of directions) {
      const { name, value } = a.inputs.get(i)!;
      const x = toNumbers(value);
      const there = u.map((d, k) => x[k]! + t * d);
      moved.set(name, fromNumbers(value.dtype, value.dims, there));
    }
    const shifted = await executable.run(moved);
    return addUp(
      a.outputs.map((o) =>
        inner(numbers(shifted, o.name), toNumbers(a.covectors.get(o.covector)!)),
      ),
    );
  };
  const [far, near, back, farBack] = [
    await at(2 * step),
    await at(step),
    await at(-step),
    await at(-2 * step),
  ];
  const slope = (8 * (near.value - back.value) - (far.value - farBack.value)) / (12 * step);
  const parts = everything.inputs.map((i, k) =>
    inner(numbers(results, everything.gradients[k]!), directions.get(i)!),
  );
  const left = { value: slope, mass: near.mass };
  expectEqual("slope along a random direction", left, addUp(parts), tolerance);
}

function numbers(results: Tensors, name: string): ArrayLike<number> {
  return toNumbers(results.get(name)!);
}

function sumOf(values: ArrayLike<number>): Product {
  return inner(values, new Float64Array(values.length).fill(1));
}

function expectEqual(what: string, left: Product, right: Product, tolerance: number): void {
  const allowed = tolerance * (1 + left.mass + right.mass);
  if (Math.abs(left.value - right.value) <= allowed) return;
  throw new Error(
    `${what}: ${left.value} on the left, ${right.value} on the right, ${allowed} allowed`,
  );
}
