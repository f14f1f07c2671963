import type { Graph } from "../../onnx/ir.js";
import { producersOf } from "../../onnx/producers.js";
import type { Registry } from "../../ops/core/registry.js";
import { keepsOrder } from "../../ops/core/role.js";
import { toNumbers, type Tensor, type Tensors } from "../../tensor/tensor.js";
import type { DetectedRows } from "./detected-rows.js";

/** An output of selected indices [M,3] (sample, class, box), and the values that it selects from. */
export interface Selection {
  /** Name of the output of indices. */
  readonly output: string;
  /** [N,B,4] */
  readonly boxes: string;
  /** [N,K,B] */
  readonly scores: string;
  readonly isCenter: boolean;
}

/** The output of indices of ONNX's NonMaxSuppression, if the graph has one. */
export function selectionIn(graph: Graph, registry: Registry): Selection | undefined {
  const makers = producersOf(graph);
  for (const { name } of graph.outputs) {
    let node = makers.get(name);
    while (node && keepsOrder(registry.role(node))) node = makers.get(node.inputs[0] ?? "");
    const reads = node && registry.get(node.op, node.domain)?.reads;
    const [[boxes] = [], [scores] = []] = [reads?.positions, reads?.scores];
    if (!node || boxes === undefined || scores === undefined) continue;
    const center = node.attributes["center_point_box"];
    return {
      output: name,
      boxes: node.inputs[boxes]!,
      scores: node.inputs[scores]!,
      isCenter: center?.type === "int" && center.value === 1,
    };
  }
  return undefined;
}

/** The rows of selected indices. ONNX allows any two opposite corners. */
export function selectedRows(selection: Selection, values: Tensors): DetectedRows {
  const [indices, boxes, scores] = [selection.output, selection.boxes, selection.scores].map(
    (name) => values.get(name)!,
  ) as [Tensor, Tensor, Tensor];
  const [, classes = 1, count = 0] = scores.dims;
  const [corners, numbers, chosen] = [boxes, scores, indices].map((t) => Array.from(toNumbers(t)));
  const rows = Array.from({ length: chosen!.length / 3 }, (_, i) => {
    const [sample, index, box] = chosen!.slice(3 * i, 3 * i + 3) as [number, number, number];
    const at = (sample * classes + index) * count + box;
    return { class: index, score: numbers![at]!, at, box: corners!.slice(4 * box, 4 * box + 4) };
  });
  const boxOf = ([a, b, c, d]: readonly number[]): number[] =>
    selection.isCenter
      ? [a!, b!, c!, d!]
      : [Math.min(a!, c!), Math.min(b!, d!), Math.max(a!, c!), Math.max(b!, d!)];
  return {
    boxes: {
      name: selection.boxes,
      rows: rows.map(({ box }) => boxOf(box)),
      order: selection.isCenter ? "center" : "corners",
    },
    rows,
    value: selection.scores,
    isChosen: true,
  };
}
