import { straightThroughDomain, type Graph, type Node } from "../onnx/ir.js";
import { producersOf } from "../onnx/producers.js";
import { aboveZero } from "../ops/quantized/straight-through.js";
import { elementCount, float32, toNumbers } from "../tensor/tensor.js";

/**
 * Replaces signs by signs with a straight-through gradient for |x| ≤ 1, with which binarised networks are trained
 * (Courbariaux et al., arXiv 1602.02830, 2016). Besides Sign, recognizes Where(x ≥ 0, 1, −1) and Larq's Sign(Sign(x) +
 * 0.1), which is 1 at 0.
 */
export function straightThroughSigns(graph: Graph): Graph {
  const makers = producersOf(graph);
  const number = (name: string | undefined): number | undefined => {
    const t = graph.constants.get(name ?? "");
    return t && t.dtype !== "string" && elementCount(t) === 1 ? Number(toNumbers(t)[0]) : undefined;
  };
  /** If the node computes the sign of a value: the value's name, and the sign of 0. */
  const signOf = (node: Node): readonly [x: string, atZero: number] | undefined => {
    if (node.domain !== "") return undefined;
    const [first = "", second, third] = node.inputs;
    const maker = makers.get(first);
    if (node.op === "Sign") {
      const isLarq = maker?.op === "Add" && makers.get(maker.inputs[0]!)?.op === "Sign";
      const shift = isLarq ? number(maker.inputs[1]) : undefined;
      if (shift !== undefined && Math.abs(shift) < 1 && shift !== 0) {
        return [makers.get(maker!.inputs[0]!)!.inputs[0]!, Math.sign(shift)];
      }
      return [first, 0];
    }
    const isChoice = node.op === "Where" && number(second) === 1 && number(third) === -1;
    if (!isChoice || number(maker?.inputs[1]) !== 0) return undefined;
    const atZero = { GreaterOrEqual: 1, Greater: -1 }[maker!.op];
    return atZero === undefined ? undefined : [maker!.inputs[0]!, atZero];
  };

  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const found = signOf(node);
    if (!found) return [node];
    const [x, atZero] = found;
    const sign = { ...node, op: "Sign", domain: straightThroughDomain, attributes: {} };
    if (atZero === 0) return [{ ...sign, inputs: [x] }];
    const [shift, shifted] = [`${node.name}/above-zero`, `${node.name}/shifted`];
    constants.set(shift, float32([], [atZero * aboveZero]));
    const sum = { name: shifted, op: "Add", domain: "", attributes: {}, outputs: [shifted] };
    return [
      { ...sum, inputs: [x, shift] },
      { ...sign, inputs: [shifted] },
    ];
  });
  return { ...graph, nodes, constants };
}
