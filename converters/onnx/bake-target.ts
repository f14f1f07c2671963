import { int } from "../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../src/onnx/ir.js";
import type { Registry } from "../../src/ops/core/registry.js";
import { stridesOf, type Dim } from "../../src/tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { supplyInput } from "./supply-input.js";

/**
 * The graph with one of its target inputs replaced by a constant: a class [1], or a seed [1,…].
 */
export function bakeTarget(
  graph: TypedGraph,
  registry: Registry,
  target: { readonly name: string; readonly value: Tensor },
  image: string,
): TypedGraph {
  const [batch] = graph.facts.get(image)!.shape;
  return supplyInput(graph, target.name, registry.infer, (b) => {
    const at = b.within(target.name);
    const { value } = target;
    const one = value.dims.length === 1 ? at.constant(value, "class") : emitSeed(at, value);
    return { value: repeat(at, one, batch ?? 1, b.value(image)) };
  });
}

/** Repeats [1,…] for each sample of the batch. */
function repeat(b: GraphBuilder, one: Value, batch: Dim, image: Value): Value {
  const rest = one.fact.shape.slice(1) as number[];
  if (typeof batch === "number") return b.op("Expand", [one, b.ints([batch, ...rest])], {}, "all");
  const samples = b.op("Shape", [image], { start: int(0), end: int(1) }, "samples");
  const shape = rest.length === 0 ? samples : b.concat([samples, b.ints(rest)], 0, "shape");
  return b.op("Expand", [one, shape], {}, "all");
}

/**
 * A seed [1,…] as the product of one vector per axis, if it has that form. One element and the mean of a rectangle do,
 * and take kilobytes instead of megabytes.
 */
function emitSeed(b: GraphBuilder, seed: Tensor): Value {
  const { dims } = seed;
  const numbers = Array.from(toNumbers(seed));
  const peak = numbers.findIndex((v) => v !== 0);
  const [strides, weight] = [stridesOf(dims), numbers[peak] ?? 0];
  const placeOn = (at: number, axis: number): number =>
    Math.floor(at / strides[axis]!) % dims[axis]!;
  const factors = dims.map((extent, axis) => {
    const start = peak - placeOn(peak, axis) * strides[axis]!;
    return Array.from({ length: extent }, (_, i) => numbers[start + i * strides[axis]!]! / weight);
  });
  const product = (at: number): number =>
    factors.reduce((p, factor, axis) => p * factor[placeOn(at, axis)]!, weight);
  if (peak < 0 || numbers.some((v, at) => v !== product(at))) return b.constant(seed, "seed");
  const along = factors.flatMap((factor, axis) =>
    factor.length === 1
      ? []
      : [
          b.constant(
            float32(
              dims.map((_, a) => (a === axis ? factor.length : 1)),
              factor,
            ),
          ),
        ],
  );
  const scale = b.constant(
    float32(
      dims.map(() => 1),
      [weight],
    ),
    "weight",
  );
  return along.reduce((p, q) => b.mul(p, q, "seed"), scale);
}
