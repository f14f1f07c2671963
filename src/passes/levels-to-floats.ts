import { GraphBuilder } from "../onnx/builder.js";
import { straightThroughDomain, type Node, type TypedGraph, type Value } from "../onnx/ir.js";
import { prune } from "../onnx/prune.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement } from "../ops/core/role.js";
import { parameter, ranges, type QuantizeAttrs } from "../ops/elementwise/quantization.js";
import { clipped, rounded } from "../ops/quantized/straight-through.js";
import { byteSize, isFloat } from "../tensor/dtype.js";

/** The integers of a quantized value, as floats less their zero point. */
interface Levels {
  readonly value: Value;
  /** Nothing where it is 0. */
  readonly zero?: Zero | undefined;
}

interface Zero {
  /** Equal for equal zero points. */
  readonly key: string;
  /** As floats, broadcastable to the levels. */
  readonly value: Value;
}

/**
 * Writes quantized values as floats that hold the same numbers: levels less their zero point. What moves or compares
 * levels then moves floats, their types and zero points are gone, rounding alone is left, and gradients pass through that
 * (ops/quantized/straight-through.ts). Quantized constants become what they stand for.
 */
export function levelsToFloats(graph: TypedGraph, registry: Registry): TypedGraph {
  if (!graph.nodes.some((node) => registry.role(node) === "quantization")) return graph;
  const b = GraphBuilder.on(graph, registry.infer);
  const site: Site = { graph, registry, levels: new Map() };
  const made: { name: string; value: Value }[] = [];
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const before = b.nodes.length;
    const view = registry.view(graph, node, () => false);
    const result = rewrite(b.within(node.name), view, site);
    const added = b.nodes.slice(before);
    for (const at of added)
      for (const name of at.outputs) made.push({ name, value: b.value(name) });
    if (!result) return [...added, node];
    const named = { op: "Identity", domain: "", inputs: [result.name], attributes: {} };
    return [...added, { ...named, name: node.name, outputs: [node.outputs[0]!] }];
  });
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, value: { name, fact } }));
  const built = b.build([...outputs, ...made]);
  return prune({ ...built, outputs: graph.outputs, nodes });
}

interface Site {
  readonly graph: TypedGraph;
  readonly registry: Registry;
  /** By the name of the integers. */
  readonly levels: Map<string, Levels>;
}

/** The floats that take the place of a node's output; or nothing, where it stays and its integers may be known as levels. */
function rewrite(b: GraphBuilder, n: NodeView, site: Site): Value | undefined {
  const { op } = n.node;
  if (op === "DequantizeLinear") return dequantized(b, n as NodeView<QuantizeAttrs>, site);
  if (op === "Cast" && n.node.domain === "") return cast(b, n, site);
  const made = madeLevels(b, n, site);
  made.forEach((levels, i) => site.levels.set(n.node.outputs[i]!, levels));
  return undefined;
}

/** What is known of the integers that a node makes. */
function madeLevels(b: GraphBuilder, n: NodeView, site: Site): readonly Levels[] {
  const { op, domain } = n.node;
  if (op === "QuantizeLinear") return quantizedLevels(b, n as NodeView<QuantizeAttrs>);
  if (op === "DynamicQuantizeLinear") return [dynamicLevels(b, n)];
  // Whole numbers written as integers.
  if (op === "Cast" && domain === straightThroughDomain) return [{ value: n.x() }];
  return moved(b, n, site);
}

// q − z = round(x/s), from the type's least level less z to its greatest less z
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

// Scale and zero point stay the node's own, which no gradient enters.
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

/** Levels less another zero point. */
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

/** Operators that do to whole numbers as floats what they do to them as integers. */
const exact: ReadonlySet<string> = new Set([
  ...[
    "Add",
    "Sub",
    "Mul",
    "Neg",
    "Relu",
    "Clip",
    "Max",
    "Min",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
  ],
]);

/** A node that moves levels, or computes with them, does so with the floats. */
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

/** Of operators that are no movements, those that pick or place elements. */
const movers: ReadonlySet<string> = new Set([
  "MaxPool",
  "Concat",
  "Where",
  "Pad",
  "Resize",
  "Max",
  "Min",
]);

/** Whether an input holds elements as the levels do, and not places or amounts. */
function isData({ op }: Node, i: number): boolean {
  if (op === "Concat") return true;
  if (op === "Where") return i > 0;
  return op === "Pad" && i === 2;
}

/** A zero point; nothing where it is 0 or not there. */
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
