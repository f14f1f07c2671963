import { elementCount, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { Attribute, Fact, Graph, Node, Port, TypedGraph } from "./ir.js";

/** Maximum elements of a constant that is printed in full. */
const MAX_PRINTED_ELEMENTS = 8;

/**
 * Prints the graph as deterministic text, one line per value, for snapshots and inspection. Weights are shown by
 * dtype and dims only; computed values have their facts if the graph is typed.
 */
export function printGraph(graph: Graph | TypedGraph): string {
  return `${graphLines(graph).join("\n")}\n`;
}

function graphLines(graph: Graph | TypedGraph): string[] {
  const facts = "facts" in graph ? graph.facts : undefined;
  const opsets = Array.from(graph.opsets, ([domain, v]) => `${domain || "ai.onnx"} ${v}`);
  return [
    `graph ${JSON.stringify(graph.name)} (${opsets.sort().join(", ")})`,
    ...graph.inputs.map((port) => `  input  ${portText(port)}`),
    ...Array.from(graph.constants, ([name, value]) => `  const  %${name}: ${tensorText(value)}`),
    ...graph.nodes.flatMap((node) => nodeLines(node, facts)),
    ...graph.outputs.map((port) => `  output ${portText(port)}`),
  ];
}

function nodeLines(node: Node, facts: ReadonlyMap<string, Fact> | undefined): string[] {
  const outputs = node.outputs.map((name) => {
    const fact = facts?.get(name);
    return fact === undefined ? valueText(name) : `${valueText(name)}: ${factText(fact)}`;
  });
  const inputs = node.inputs.map(valueText).join(", ");
  const op = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  const entries = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = entries.map(([name, a]) => `${name}=${attributeText(a)}`);
  const attributes = texts.length === 0 ? "" : ` {${texts.join(", ")}}`;
  return [
    `  ${outputs.join(", ")} = ${op}(${inputs})${attributes}  # ${node.name}`,
    ...entries.flatMap(([name, a]) =>
      a.type === "graph" ? [`    ${name}:`, ...graphLines(a.value).map((l) => `      ${l}`)] : [],
    ),
  ];
}

function valueText(name: string): string {
  return name === "" ? "_" : `%${name}`;
}

function portText({ name, fact }: Port): string {
  return `%${name}: ${factText(fact)}`;
}

function factText({ dtype, shape, elements }: Fact): string {
  const value = elements === undefined ? "" : ` = [${elements.join(",")}]`;
  return `${dtype}[${shape.join(",")}]${value}`;
}

function tensorText(value: Tensor): string {
  const type = `${value.dtype}[${value.dims.join(",")}]`;
  if (elementCount(value) > MAX_PRINTED_ELEMENTS) return type;
  return `${type} = ${elementsText(value)}`;
}

function elementsText(value: Tensor): string {
  const elements = Array.from(exactElements(value), (element) => {
    if (typeof element === "string") return JSON.stringify(element);
    return typeof element === "bigint" ? String(element) : numberText(element);
  });
  return value.dims.length === 0 ? elements.join("") : `[${elements.join(",")}]`;
}

function exactElements(value: Tensor): ArrayLike<number | bigint | string> {
  const { dtype, data } = value;
  const isExact = dtype === "string" || dtype === "int64" || dtype === "uint64";
  return isExact ? data : toNumbers(value);
}

function attributeText(attribute: Attribute): string {
  switch (attribute.type) {
    case "float":
      return numberText(attribute.value);
    case "int":
      return String(attribute.value);
    case "string":
      return JSON.stringify(attribute.value);
    case "tensor":
      return tensorText(attribute.value);
    case "graph":
      return "graph";
    case "floats":
      return `[${attribute.value.map(numberText).join(",")}]`;
    case "ints":
      return `[${attribute.value.join(",")}]`;
    case "strings":
      return `[${attribute.value.map((text) => JSON.stringify(text)).join(",")}]`;
  }
}

/** Formats with six significant digits: enough to tell 1e-5 from 1e-3, too few to show float32 rounding. */
function numberText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}
