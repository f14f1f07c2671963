import type { Node, TypedGraph } from "../../onnx/ir.js";
import { outerNames } from "../../onnx/prune.js";

/** Names of values to read in place of others, collected while the nodes of a graph are visited in order. */
export class Aliases {
  private readonly fixed: Set<string>;
  private readonly names = new Map<string, string>();

  constructor(graph: TypedGraph) {
    this.fixed = new Set(graph.outputs.map(({ name }) => name));
    for (const node of graph.nodes) for (const name of outerNames(node)) this.fixed.add(name);
  }

  get size(): number {
    return this.names.size;
  }

  /** Whether a value must keep its name: graph outputs, and values that subgraphs read. */
  isFixed(name: string): boolean {
    return this.fixed.has(name);
  }

  /** From here on, `source` is read in place of `name`. */
  set(name: string, source: string): void {
    this.names.set(name, source);
  }

  /** The node with its inputs renamed. */
  apply(node: Node): Node {
    return { ...node, inputs: node.inputs.map((name) => this.names.get(name) ?? name) };
  }
}
