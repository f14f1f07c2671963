import { int } from "../src/onnx/attribute.js";
import type { GraphBuilder } from "../src/onnx/builder.js";
import type { TypedGraph, Value } from "../src/onnx/ir.js";
import type { Registry } from "../src/ops/registry.js";
import { stridesOf, type Dim } from "../src/tensor/shape.js";
import { float32, int64, type Tensor } from "../src/tensor/tensor.js";
import { supplyInput } from "./supply-input.js";

/** The graph with the class that it explains, or the seed of what it explains, fixed inside it. */
export function bakeTarget(
  graph: TypedGraph,
  registry: Registry,
  target: { readonly name: string; readonly value: number | Tensor<"float32"> },
  image: string,
): TypedGraph {
  const [batch] = graph.facts.get(image)!.shape;
  return supplyInput(graph, target.name, registry.infer, (b) => {
    const at = b.within(target.name);
    const { value } = target;
    const one =
      typeof value === "number" ? at.constant(int64([value]), "class") : emitSeed(at, value);
    return { value: repeat(at, one, batch ?? 1, b.value(image)) };
  });
}

/** [1,…] for each sample of the batch. */
function repeat(b: GraphBuilder, one: Value, batch: Dim, image: Value): Value {
  const rest = one.fact.shape.slice(1) as number[];
  if (typeof batch === "number") return b.op("Expand", [one, b.ints([batch, ...rest])], {}, "all");
  const samples = b.op("Shape", [image], { start: int(0), end: int(1) }, "samples");
  const shape = rest.length === 0 ? samples : b.concat([samples, b.ints(rest)], 0, "shape");
  return b.op("Expand", [one, shape], {}, "all");
}

/**
 * A seed [1,…] as the product of a vector along each axis. One element or the mean of a rectangle, which is all that
 * words can ask for, is such a product, and takes kilobytes where the seed of a map takes megabytes.
 */
function emitSeed(b: GraphBuilder, seed: Tensor<"float32">): Value {
  const { dims, data } = seed;
  const peak = data.findIndex((v) => v !== 0);
  const strides = stridesOf(dims);
  const axes = dims.flatMap((extent, axis) => (extent > 1 ? [axis] : []));
  const factors = axes.map((axis) => {
    const [extent, stride] = [dims[axis]!, strides[axis]!];
    const start = peak - (Math.floor(peak / stride) % extent) * stride;
    const along = Array.from({ length: extent }, (_, i) => data[start + i * stride]! / data[peak]!);
    const shape = dims.map((_, a) => (a === axis ? extent : 1));
    return b.constant(float32(shape, along), `axis${axis}`);
  });
  const weight = b.constant(
    float32(
      dims.map(() => 1),
      [data[peak]!],
    ),
    "weight",
  );
  return factors.reduce((p, q) => b.mul(p, q, "seed"), weight);
}
