import type { Graph, Node } from "../../src/onnx/ir.js";
import type { Registry } from "../../src/ops/core/registry.js";
import { workingOpset } from "../../src/passes/upgrade-opset.js";

/** The newest operator set compared with 18 for the field `newer` of the records (onnx 1.23). */
const newestCompared = 28;

/** Whether a node has a meaning that operator set 18 cannot express. */
function isNew(node: Node, registry: Registry): boolean {
  const record = registry.get(node.op);
  if (!record) return true;
  const { since, newer = [] } = record;
  if (newer === true || since > workingOpset) return true;
  return newer.some((setting) => {
    const [name = "", value] = setting.split("=");
    const attribute = node.attributes[name];
    if (!attribute) return false;
    const given =
      attribute.type === "string" || attribute.type === "int" ? String(attribute.value) : "";
    return value === undefined || given === value;
  });
}

/**
 * The graph with operator set 18 (and so IR version 8), which more engines read, if every node has the same meaning
 * there; otherwise the unchanged graph.
 */
export function lowerOpset<G extends Graph>(graph: G, registry: Registry): G {
  const opset = graph.opsets.get("") ?? 0;
  if (opset <= workingOpset || opset > newestCompared) return graph;
  const needsMore = graph.nodes.some((n) => n.domain === "" && isNew(n, registry));
  const hasBodies = graph.nodes.some((n) =>
    Object.values(n.attributes).some((a) => a.type === "graph"),
  );
  if (needsMore || hasBodies) return graph;
  return { ...graph, opsets: new Map(graph.opsets).set("", workingOpset) };
}
