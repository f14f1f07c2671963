import { ModelFormatError } from "../../errors.js";
import type { Node } from "../ir.js";

/** A node with every value it reads: its inputs and those its subgraphs read from enclosing graphs. */
export interface ReadingNode {
  readonly node: Node;
  readonly reads: readonly string[];
}

/**
 * Topological sort, stable for nodes that are already in order. Values that no node writes are assumed to be given.
 *
 * @throws {ModelFormatError} if the graph has a cycle, naming one of its nodes
 */
export function sortNodes(items: readonly ReadingNode[]): Node[] {
  const writers = new Map<string, number>();
  items.forEach(({ node }, i) => {
    for (const output of node.outputs) if (output !== "") writers.set(output, i);
  });
  const state = new Uint8Array(items.length);
  const sorted: Node[] = [];
  for (let i = 0; i < items.length; i++) visit(items, writers, state, sorted, i);
  return sorted;
}

const OPEN = 1;
const DONE = 2;

/** Iterative depth-first search: 10⁵ nodes in reverse order would overflow the call stack. */
function visit(
  items: readonly ReadingNode[],
  writers: ReadonlyMap<string, number>,
  state: Uint8Array,
  sorted: Node[],
  root: number,
): void {
  if (state[root] === DONE) return;
  const stack = [{ index: root, next: 0 }];
  state[root] = OPEN;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { node, reads } = items[top.index]!;
    const name = reads[top.next++];
    if (name === undefined) {
      state[top.index] = DONE;
      sorted.push(node);
      stack.pop();
      continue;
    }
    const writer = writers.get(name);
    if (writer === undefined || state[writer] === DONE) continue;
    if (state[writer] === OPEN) {
      const who = `${node.op} (node "${node.name}")`;
      throw new ModelFormatError(`${who} depends on its own result through its input "${name}"`);
    }
    state[writer] = OPEN;
    stack.push({ index: writer, next: 0 });
  }
}
