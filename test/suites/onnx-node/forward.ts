import type { Backend } from "../../../src/backends/backend.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { importModel } from "../../../src/onnx/import/import.js";
import type { Fact, Graph, TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { prepare } from "../../../src/passes/prepare.js";
import { oldestOpset } from "../../../src/passes/upgrade-opset.js";
import { isStatic } from "../../../src/tensor/shape.js";
import { isFloat, type DType } from "../../../src/tensor/dtype.js";
import { fromNumbers, toNumbers, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import type { Tags } from "./allow-list.js";
import type { NodeTest } from "./bundle.js";

/** A test prepared for this library: indices, axes and sizes are constants, and all floats are float32. */
export interface Prepared {
  readonly graph: TypedGraph;
  readonly feeds: Tensors;
  /** As ONNX gives them. */
  readonly expected: Tensors;
}

/**
 * A test declares the operator set in which its operator last changed. The oldest and the newest are brought to where
 * this library begins and where ONNX Runtime 1.30 ends: 27 and 28 gave more types to the operators that we know, and
 * SpaceToDepth a mode.
 */
function settledOpset(domain: string, version: number): number {
  return domain === "" ? Math.min(Math.max(version, oldestOpset), 26) : version;
}

/**
 * Imports a test and prepares it as a model is. Tests hand over everything at run time; exporters write indices, axes
 * and sizes into the file.
 *
 * @param still float inputs that are constants too
 */
export async function prepareTest(test: NodeTest, still: readonly string[]): Promise<Prepared> {
  const imported = await importModel(decodeModel(test.model()));
  const inputs = test.inputs();
  const isStill = (name: string): boolean =>
    still.includes(name) || !isFloat(inputs.get(name)!.dtype);
  const bound = imported.inputs.filter((i) => isStill(i.name));
  const graph: Graph = {
    ...imported,
    opsets: new Map([...imported.opsets].map(([domain, v]) => [domain, settledOpset(domain, v)])),
    inputs: imported.inputs.filter((i) => !isStill(i.name)),
    constants: new Map([
      ...imported.constants,
      ...bound.map(({ name }) => [name, inputs.get(name)!] as const),
    ]),
  };
  const prepared = prepare(graph, registry);
  const feeds = prepared.inputs.map(({ name, fact }) => {
    const t = inputs.get(name)!;
    return [
      name,
      fact.dtype === t.dtype ? t : fromNumbers(fact.dtype, t.dims, toNumbers(t)),
    ] as const;
  });
  return { graph: prepared, feeds: new Map(feeds), expected: test.outputs() };
}

/** Compares the inferred facts of the outputs with ONNX's. */
export function factProblems({ graph, expected }: Prepared, tags: Tags): string[] {
  const problems = graph.outputs.flatMap(({ name, fact }) => {
    const problem = factProblem(fact, expected.get(name)!, tags);
    return problem === undefined ? [] : [`"${name}" ${problem}`];
  });
  const isOpen = graph.outputs.some(({ fact }) => !isStatic(fact.shape));
  return tags.open && !isOpen ? [...problems, "tag open is stale"] : problems;
}

function factProblem(fact: Fact, t: Tensor, tags: Tags): string | undefined {
  const dtype: DType = isFloat(t.dtype) ? "float32" : t.dtype;
  const shape = fact.shape.map((d, i) => (tags.open && typeof d === "string" ? t.dims[i] : d));
  if (fact.dtype !== dtype || shape.join() !== t.dims.join()) {
    return `is inferred as ${fact.dtype} [${fact.shape.join()}], but is ${dtype} [${t.dims.join()}]`;
  }
  if (fact.elements) {
    const far = distance(fromNumbers(dtype, t.dims, fact.elements.map(Number)), t, 0);
    return far === undefined ? undefined : `is known before it runs, but wrongly: ${far}`;
  }
  return tags.elements ? "is not known before it runs" : undefined;
}

/** Runs the prepared graph and returns the outputs that differ from ONNX's. */
export async function runProblems(
  backend: Backend,
  { graph, feeds, expected }: Prepared,
  tolerance: number,
): Promise<string[]> {
  const executable = await backend.compile(graph);
  try {
    const results = await executable.run(feeds);
    return graph.outputs.flatMap(({ name }) => {
      const far = distance(results.get(name)!, expected.get(name)!, tolerance);
      return far === undefined ? [] : [`"${name}" is computed wrongly: ${far}`];
    });
  } finally {
    await executable.dispose();
  }
}

/** Numbers of narrow types were rounded, which those of our float32 are not. */
const rounding: Partial<Record<DType, number>> = {
  float32: 1e-7,
  float64: 1e-7,
  float16: 4e-3,
  bfloat16: 2e-2,
};

function distance(actual: Tensor, expected: Tensor, tolerance: number): string | undefined {
  if (actual.dims.join() !== expected.dims.join()) {
    return `dims [${actual.dims.join()}], not [${expected.dims.join()}]`;
  }
  if (actual.dtype === "string" || expected.dtype === "string") {
    const same = String(actual.data) === String(expected.data);
    return same ? undefined : `${String(actual.data)}, not ${String(expected.data)}`;
  }
  const [a, e] = [toNumbers(actual), toNumbers(expected)];
  const rounded = rounding[expected.dtype];
  const relative = rounded === undefined ? 0 : Math.max(rounded, tolerance);
  const size = Array.from(e).reduce(
    (s, v) => (Number.isFinite(v) ? Math.max(s, Math.abs(v)) : s),
    0,
  );
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i]! + 0, e[i]! + 0)) continue;
    // Near zero the tolerance is relative to the other values.
    const allowed = relative * Math.max(Math.abs(e[i]!), 0.01 * Math.min(size, 1));
    if (Number.isFinite(e[i]) && Math.abs(a[i]! - e[i]!) <= allowed) continue;
    return `element ${i} is ${a[i]!}, not ${e[i]!}`;
  }
  return undefined;
}
