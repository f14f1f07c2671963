import { ModelFormatError } from "../../errors.js";
import type { Node } from "../ir.js";

/** A node and every value it reads: its inputs, and what its subgraphs take from around it. */
export interface ReadingNode {
  readonly node: Node;
  readonly reads: readonly string[];
}

/**
 * The nodes in an order in which every value is written before it is read. Nodes that are in order already stay as
 * they are; values that none of the nodes writes are taken as given.
 *
 * @throws {ModelFormatError} where nodes wait for each other: names one of them.
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

/** Depth first, with a stack of its own: a chain of 10⁵ nodes in reverse must not end the call stack. */
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
      throw new ModelFormatError(`${who} waits for its own result through its input "${name}"`);
    }
    state[writer] = OPEN;
    stack.push({ index: writer, next: 0 });
  }
}
