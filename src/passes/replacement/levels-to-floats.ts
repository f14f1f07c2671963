import type { GraphBuilder } from "../../onnx/builder.js";
import { straightThroughDomain, type Node, type TypedGraph, type Value } from "../../onnx/ir.js";
import type { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import { isMovement } from "../../ops/core/role.js";
import { parameter, ranges, type QuantizeAttrs } from "../../ops/elementwise/quantization.js";
import { clipped, rounded } from "../../ops/quantized/straight-through.js";
import { byteSize, isFloat } from "../../tensor/dtype.js";
import { replaceNodes } from "./replace-nodes.js";

/** The integers of a quantized value, as floats less their zero point. */
interface Levels {
  readonly value: Value;
  /** Undefined if it is 0. */
  readonly zero?: Zero | undefined;
}

interface Zero {
  /** Equal for equal zero points. */
  readonly key: string;
  /** As floats, broadcastable to the levels. */
  readonly value: Value;
}

/**
 * Replaces quantized integers by floats of the same values: levels less their zero point. Operators that move or compare
 * levels then act on floats. Integer types and zero points disappear; rounding remains, and gradients pass straight
 * through it (ops/quantized/straight-through.ts). Quantized constants become the real numbers that they encode.
 */
export function levelsToFloats(graph: TypedGraph, registry: Registry): TypedGraph {
  if (!graph.nodes.some((node) => registry.role(node) === "quantization")) return graph;
  const site: Site = { graph, registry, levels: new Map() };
  return replaceNodes(graph, registry, (b, node) => {
    const value = rewrite(
      b,
      registry.view(graph, node, () => false),
      site,
    );
    return value && [value];
  });
}

interface Site {
  readonly graph: TypedGraph;
  readonly registry: Registry;
  /** By the name of the integer value. */
  readonly levels: Map<string, Levels>;
}

/** The floats that replace a node's output; undefined if the node stays, with its integers recorded as levels if known. */
function rewrite(b: GraphBuilder, n: NodeView, site: Site): Value | undefined {
  const { op } = n.node;
  if (op === "DequantizeLinear") return dequantized(b, n as NodeView<QuantizeAttrs>, site);
  if (op === "Cast" && n.node.domain === "") return cast(b, n, site);
  const made = madeLevels(b, n, site);
  made.forEach((levels, i) => site.levels.set(n.node.outputs[i]!, levels));
  return undefined;
}

/** The levels of each integer output of a node; empty if they are unknown. */
function madeLevels(b: GraphBuilder, n: NodeView, site: Site): readonly Levels[] {
  const { op, domain } = n.node;
  if (op === "QuantizeLinear") return quantizedLevels(b, n as NodeView<QuantizeAttrs>);
  if (op === "DynamicQuantizeLinear") return [dynamicLevels(b, n)];
  // Floats with integer values, cast to an integer type.
  if (op === "Cast" && domain === straightThroughDomain) return [{ value: n.x() }];
  return moved(b, n, site);
}

// q − z = round(x/s), clipped to [least level − z, greatest level − z] of the type
function quantizedLevels(b: GraphBuilder, n: NodeView<QuantizeAttrs>): readonly Levels[] {
  const range = ranges[n.y().fact.dtype];
  if (!range || n.attrs.blockSize > 0 || !isFloat(n.x().fact.dtype)) return [];
  const zero = zeroOf(b, n, 2);
  const scale = parameter(b, n, 1, n.x());
  const level = rounded(b, isOne(n, 1) ? n.x() : b.div(n.x(), scale));
  return [{ value: within(b, level, range, zero), zero }];
}

function within(
  b: GraphBuilder,
  level: Value,
  range: readonly [number, number],
  zero: Zero | undefined,
): Value {
  const [low, high] = range.map((bound) => b.scalar(bound, level)) as [Value, Value];
  if (!zero) return clipped(b, level, low, high);
  if (zero.value.fact.shape.length === 0) {
    return clipped(b, level, b.sub(low, zero.value), b.sub(high, zero.value));
  }
  return b.sub(clipped(b, b.add(level, zero.value), low, high), zero.value);
}

// Scale and zero point stay outputs of the node itself, without a gradient.
function dynamicLevels(b: GraphBuilder, n: NodeView): Levels {
  const zero = { key: n.y(2).name, value: b.cast(n.y(2), "float32") };
  return { value: within(b, rounded(b, b.div(n.x(), n.y(1))), [0, 255], zero), zero };
}

// y = ((q − z) + (z − z'))·s
function dequantized(
  b: GraphBuilder,
  n: NodeView<QuantizeAttrs>,
  { graph, levels }: Site,
): Value | undefined {
  const known = levels.get(n.x().name);
  const isConstant = graph.constants.has(n.x().name);
  if ((!known && !isConstant) || n.attrs.blockSize > 0 || n.rank(1) > 1) return undefined;
  if (n.y().fact.dtype !== "float32") return undefined;
  const zero = zeroOf(b, n, 2);
  const centred = known
    ? shifted(b, known, zero)
    : shifted(b, { value: b.cast(n.x(), "float32") }, zero);
  return isOne(n, 1) ? centred : b.mul(centred, parameter(b, n, 1, centred), "dequantized");
}

/** Levels shifted from their own zero point to another. */
function shifted(b: GraphBuilder, { value, zero: own }: Levels, zero: Zero | undefined): Value {
  if (own?.key === zero?.key) return value;
  const whole = own ? b.add(value, own.value, "level") : value;
  return zero ? b.sub(whole, zero.value, "centred") : whole;
}

function cast(b: GraphBuilder, n: NodeView, { levels }: Site): Value | undefined {
  const known = levels.get(n.x().name);
  if (!known) return undefined;
  const [from, to] = [n.x().fact.dtype, n.y().fact.dtype];
  if (to === "float32") return shifted(b, known, undefined);
  if (byteSize(to) > byteSize(from)) levels.set(n.y().name, known);
  return undefined;
}

/** Operators with the same result on integers and on floats of integer value. */
const exact: ReadonlySet<string> = new Set(
  "Add Sub Mul Neg Relu Clip Max Min ReduceSum ReduceMax ReduceMin".split(" "),
);

/** Repeats a node that moves levels, or computes with them, on the floats. */
function moved(b: GraphBuilder, n: NodeView, site: Site): readonly Levels[] {
  const { node } = n;
  const { levels, registry } = site;
  const own = node.inputs.flatMap((name) => levels.get(name) ?? []);
  const [first] = own;
  if (!first || isFloat(n.y().fact.dtype)) return [];
  const role = registry.role(node);
  const isSame = own.every(({ zero }) => zero?.key === first.zero?.key);
  const isScalar = (first.zero?.value.fact.shape.length ?? 0) === 0;
  const moves =
    isSame && isScalar && (isMovement(role) || movers.has(node.op)) && !exact.has(node.op);
  if (!moves && !exact.has(node.op)) return [];
  const zero = moves ? first.zero : undefined;
  const inputs = node.inputs.map((name, i) => {
    const value = n.optional(i);
    const known = levels.get(name);
    if (known) return moves ? known.value : shifted(b, known, undefined);
    const joins = value && !isFloat(value.fact.dtype) && (exact.has(node.op) || isData(node, i));
    return joins ? shifted(b, { value: b.cast(value, "float32") }, zero) : value;
  });
  if (node.op === "Pad" && !node.inputs[2] && zero) inputs[2] = b.neg(zero.value, "padding");
  const isClip = node.op === "Clip";
  const made = b.call(node.op, inputs, node.attributes, {
    hint: "levels",
    outputs: node.op === "MaxPool" ? 1 : node.outputs.length,
    domain: isClip ? straightThroughDomain : node.domain,
  });
  return made.map((value) => ({ value, zero }));
}

/** Operators with a role other than movement that select or place elements. */
const movers: ReadonlySet<string> = new Set("MaxPool Concat Where Pad Resize Max Min".split(" "));

/** Whether an input holds elements, as opposed to indices or sizes. */
function isData({ op }: Node, i: number): boolean {
  if (op === "Concat") return true;
  if (op === "Where") return i > 0;
  return op === "Pad" && i === 2;
}

/** The zero point of a node; undefined if it is 0 or absent. */
function zeroOf(b: GraphBuilder, n: NodeView<QuantizeAttrs>, i: number): Zero | undefined {
  const value = n.optional(i);
  const elements = n.elements(i);
  if (!value || elements?.every((z) => z === 0)) return undefined;
  const floats = parameter(b, n, i, { name: "", fact: { dtype: "float32", shape: [] } });
  const isAlong = floats.fact.shape.length > 0;
  const key = elements ? `${isAlong ? n.attrs.axis : ""}:${elements.join(",")}` : value.name;
  return { key, value: floats };
}

const isOne = (n: NodeView, i: number): boolean => n.elements(i)?.every((s) => s === 1) ?? false;
