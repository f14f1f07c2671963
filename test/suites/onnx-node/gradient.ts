import { activePath } from "../../../src/analysis/active-path.js";
import { findBiases } from "../../../src/analysis/find-biases.js";
import { differentiate } from "../../../src/autodiff/differentiate.js";
import type { Backend, Executable } from "../../../src/backends/backend.js";
import { BackendError } from "../../../src/errors.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Graph, TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { fromNumbers, toNumbers, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import { addUp, inner, type Product } from "../../support/compare.js";
import { Random } from "../../support/random.js";
import { inFloat64, widen } from "./float64.js";
import type { Prepared } from "./forward.js";

/** Outputs that depend differentiably on the inputs. Tensors without elements are skipped. */
export function differentiableOutputs({ graph, feeds, expected }: Prepared): string[] {
  if ([...feeds.values()].every((t) => t.data.length === 0)) return [];
  const { active } = activePath(graph, registry, variablesOf(graph));
  return graph.outputs
    .map((o) => o.name)
    .filter((name) => active.has(name) && expected.get(name)!.data.length > 0);
}

function variablesOf(graph: TypedGraph): string[] {
  return graph.inputs.map((i) => i.name);
}

export interface Backward {
  readonly graph: Graph;
  /** Outputs, and the covector that each is given. */
  readonly covectors: ReadonlyMap<string, Tensor>;
  /** Inputs, and the output that is its gradient. */
  readonly gradients: ReadonlyMap<string, string>;
  readonly biasTerms: readonly string[];
}

/** A test's graph with its gradients and bias terms. */
export function backward(test: Prepared, outputs: readonly string[]): Backward {
  const { graph } = test;
  const path = activePath(graph, registry, variablesOf(graph));
  const random = new Random(7);
  const b = GraphBuilder.on(graph, registry.infer);
  const covectors = outputs.map((name) => {
    const { dims } = test.expected.get(name)!;
    const count = dims.reduce((p, d) => p * d, 1);
    const v = fromNumbers("float32", dims, random.many(count, -1, 1));
    return { name, v, value: b.input(`v/${name}`, { dtype: "float32", shape: dims }) };
  });
  const seeds = new Map(covectors.map(({ name, value }) => [name, value]));
  const all = differentiate(b, graph, registry, seeds, path.active);
  const made = outputs.map((name) => ({ name, value: b.value(name) }));
  const gradients = new Map<string, string>();
  for (const name of variablesOf(graph)) {
    const value = all.of(name);
    if (!value) continue;
    gradients.set(name, `gradient/${name}`);
    made.push({ name: `gradient/${name}`, value });
  }
  const sites = outputs.flatMap((name) => findBiases(graph, registry, path, name));
  const biasTerms: string[] = [];
  for (const site of new Map(sites.map((s) => [s.node.name, s])).values()) {
    const gradient = all.of(site.output);
    if (!gradient) continue;
    const bias = site.rule.emit(b.within(site.node.name));
    const name = `term/${site.node.name}`;
    made.push({ name, value: b.mul(gradient, bias, "term") });
    biasTerms.push(name);
  }
  return {
    graph: b.build(made),
    covectors: new Map(covectors.map(({ name, v }) => [name, v])),
    gradients,
    biasTerms,
  };
}

interface Precision {
  /** Tolerance of the slope, relative to the absolute sum of its terms. */
  readonly tolerance: number;
  /** Relative error of the function's values, which the step magnifies. */
  readonly rounding: number;
  readonly step: number;
}

/** Constants of a rule are rounded to float32. */
const float64: Precision = { tolerance: 1e-6, rounding: 1e-15, step: 1e-5 };
/** Steps for tame functions and for steep ones, or such as have kinks: see laws/check.ts. */
const float32: readonly Precision[] = [
  { tolerance: 3e-4, rounding: 2e-7, step: 0.02 },
  { tolerance: 3e-3, rounding: 2e-7, step: 0.002 },
];

/** The inputs, and an engine with a compiled graph for them. */
interface Setting {
  readonly executable: Executable;
  readonly feeds: Tensors;
}

/**
 * Returns the violations of conservation or of the slope along a random direction. Both are checked in float64 if the
 * engine supports it; some of its kernels use float32 internally, so a slope may also pass in float32.
 */
export async function gradientProblems(
  backend: Backend,
  test: Prepared,
  outputs: readonly string[],
): Promise<{ conservation: string | undefined; slope: string | undefined }> {
  const emitted = backward(test, outputs);
  const feeds = feedsOf(test, emitted);
  const wide = await compileWide(backend, emitted.graph);
  if (wide) {
    const wideFeeds = new Map([...feeds].map(([name, t]) => [name, widen(t)]));
    const found = await problemsIn({ executable: wide, feeds: wideFeeds }, emitted, 1e-6, [
      float64,
    ]);
    if (found.slope === undefined || found.conservation !== undefined) return found;
  }
  const executable = await backend.compile(emitted.graph);
  return problemsIn({ executable, feeds }, emitted, 1e-5, float32);
}

/** The slope must be right for at least one step. */
async function problemsIn(
  setting: Setting,
  emitted: Backward,
  tolerance: number,
  precisions: readonly Precision[],
): Promise<{ conservation: string | undefined; slope: string | undefined }> {
  try {
    const conservation = await conservationProblem(setting, emitted, tolerance);
    let slope: string | undefined = "";
    for (const precision of precisions) {
      slope = await slopeProblem(setting, emitted, precision);
      if (slope === undefined) break;
    }
    return { conservation, slope };
  } finally {
    await setting.executable.dispose();
  }
}

/** The test's values; other values if it has infinities, because 0 · ∞ is NaN. */
export function feedsOf(test: Prepared, { covectors }: Backward): Tensors {
  const random = new Random(3);
  const feeds = new Map<string, Tensor>();
  for (const [name, t] of test.feeds) {
    const finite = Array.from(toNumbers(t), (x) => (Math.abs(x) < 1e6 ? x : random.uniform(1, 2)));
    feeds.set(name, fromNumbers(t.dtype, t.dims, finite));
  }
  for (const [name, v] of covectors) feeds.set(`v/${name}`, v);
  return feeds;
}

/** Many operators have no kernel for doubles. */
async function compileWide(backend: Backend, graph: Graph): Promise<Executable | undefined> {
  try {
    return await backend.compile(inFloat64(graph));
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}

async function conservationProblem(
  { executable, feeds }: Setting,
  { covectors, gradients, biasTerms }: Backward,
  tolerance: number,
): Promise<string | undefined> {
  const results = await executable.run(feeds);
  const left = score(results, covectors);
  const right = addUp([
    ...[...gradients].map(([x, g]) => inner(numbers(results, g), numbers(feeds, x))),
    ...biasTerms.map((name) => total(numbers(results, name))),
  ]);
  const allowed = tolerance * (1 + left.mass + right.mass);
  return compare("conservation", left.value, right.value, allowed);
}

async function slopeProblem(
  { executable, feeds }: Setting,
  { covectors, gradients }: Backward,
  { step, tolerance, rounding }: Precision,
): Promise<string | undefined> {
  const random = new Random(11);
  const base = new Map(feeds);
  const directions = new Map<string, number[]>();
  for (const [name, t] of feeds) {
    if (covectors.has(name.replace(/^v\//, ""))) continue;
    // The numbers of the tests like to be ties and kinks: farther away from them than the steps reach.
    const aside = (x: number): number =>
      x + (random.uniform() < 0.5 ? -1 : 1) * random.uniform(2.5, 10) * step;
    base.set(name, fromNumbers(t.dtype, t.dims, Array.from(toNumbers(t), aside)));
    directions.set(name, random.many(t.data.length, -1, 1));
  }
  const at = async (h: number): Promise<Product> => {
    const moved = new Map(base);
    for (const [name, u] of directions) {
      const t = base.get(name)!;
      const x = toNumbers(t);
      const there = u.map((d, k) => x[k]! + h * d);
      moved.set(name, fromNumbers(t.dtype, t.dims, there));
    }
    return score(await executable.run(moved), covectors);
  };
  const [far, near] = [await at(2 * step), await at(step)];
  const [back, farBack] = [await at(-step), await at(-2 * step)];
  const value = (8 * (near.value - back.value) - (far.value - farBack.value)) / (12 * step);
  const results = await executable.run(base);
  const along = addUp(
    [...gradients].map(([x, g]) => inner(numbers(results, g), directions.get(x)!)),
  );
  const allowed = tolerance * along.mass + (rounding * (1 + near.mass)) / step;
  return compare("slope", value, along.value, allowed);
}

function score(results: Tensors, covectors: ReadonlyMap<string, Tensor>): Product {
  return addUp([...covectors].map(([y, v]) => inner(numbers(results, y), toNumbers(v))));
}

function numbers(tensors: Tensors, name: string): ArrayLike<number> {
  return toNumbers(tensors.get(name)!);
}

function total(values: ArrayLike<number>): Product {
  return inner(values, new Float64Array(values.length).fill(1));
}

function compare(what: string, left: number, right: number, allowed: number): string | undefined {
  if (Math.abs(left - right) <= allowed) return undefined;
  return `${what}: ${left} on the left, ${right} on the right, ${allowed} allowed`;
}
