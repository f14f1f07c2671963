/**
 * Places the nodes of an acyclic graph in layers, so that all arrows point down and few of them cross (Sugiyama, Tagawa &
 * Toda, Methods for visual understanding of hierarchical system structures, 1981).
 *
 * @module
 */

/** Each node with its predecessors, which must lie above it. */
export type Parents = ReadonlyMap<string, ReadonlySet<string>>;

/** A node, or the point at which a long arrow passes a layer. */
export interface Placed {
  readonly layer: number;
  readonly width: number;
  /** Position of its centre. */
  x: number;
}

export interface Layout {
  readonly nodes: ReadonlyMap<string, Placed>;
  /** The points of each arrow, from the top. */
  readonly arrows: readonly (readonly string[])[];
}

/** The transitive reduction: a → c is removed if a → b → c exists. */
export function reduced(parents: Parents): Parents {
  const above = (node: string): Set<string> =>
    new Set([...parents.get(node)!].flatMap((parent) => [parent, ...above(parent)]));
  const direct = ([node, set]: readonly [string, ReadonlySet<string>]): [string, Set<string>] => {
    const followed = new Set([...set].flatMap((parent) => [...above(parent)]));
    return [node, new Set([...set].filter((parent) => !followed.has(parent)))];
  };
  return new Map([...parents].map(direct));
}

/** Lays the graph out: nodes have the given `width`, passing arrows `passing`, with a `gap` between neighbours. */
export function layOut(parents: Parents, width: number, passing: number, gap: number): Layout {
  const nodes = new Map<string, Placed>();
  for (const [node, layer] of layersOf(parents)) nodes.set(node, { layer, width, x: 0 });
  const arrows = [...parents].flatMap(([to, from]) => [...from].map((f) => route(f, to, nodes)));
  for (const arrow of arrows) {
    for (const stop of arrow) {
      const layer = Number(stop.split("@")[1]);
      if (!nodes.has(stop)) nodes.set(stop, { layer, width: passing, x: 0 });
    }
  }
  const layers = Array.from({ length: 1 + Math.max(...[...nodes.values()].map((n) => n.layer)) });
  const rows = layers.map((_, i) => [...nodes.keys()].filter((n) => nodes.get(n)!.layer === i));
  const neighbours = (node: string, step: 1 | -1): Placed[] =>
    arrows.flatMap((arrow) => {
      const next = arrow[arrow.indexOf(node) + step];
      return arrow.includes(node) && next !== undefined ? [nodes.get(next)!] : [];
    });
  for (const row of rows) settle(row, nodes, gap);
  for (let sweep = 0; sweep < 24; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) {
      for (const node of row) {
        const beside = neighbours(node, down ? -1 : 1);
        if (beside.length > 0) nodes.get(node)!.x = mean(beside.map(({ x }) => x));
      }
      // The first sweeps choose the order, the last ones the positions.
      if (sweep < 16) row.sort((a, b) => nodes.get(a)!.x - nodes.get(b)!.x);
      settle(row, nodes, gap);
    }
  }
  return { nodes, arrows };
}

/** Each node directly above its first successor; a node without successors directly below its last predecessor. */
function layersOf(parents: Parents): ReadonlyMap<string, number> {
  const depth = (node: string): number => Math.max(-1, ...[...parents.get(node)!].map(depth)) + 1;
  const layer = (node: string): number => {
    const needing = [...parents].filter(([, above]) => above.has(node));
    return needing.length > 0
      ? Math.min(...needing.map(([below]) => layer(below))) - 1
      : depth(node);
  };
  return new Map([...parents.keys()].map((node) => [node, layer(node)]));
}

/** An arrow with a point in each layer between its ends. */
function route(from: string, to: string, nodes: ReadonlyMap<string, Placed>): string[] {
  const [top, bottom] = [nodes.get(from)!.layer, nodes.get(to)!.layer];
  const between = Array.from(
    { length: bottom - top - 1 },
    (_, i) => `${from}>${to}@${top + 1 + i}`,
  );
  return [from, ...between, to];
}

/** Moves the nodes of a row apart until none overlap, keeping their order and mean position. */
function settle(row: readonly string[], nodes: ReadonlyMap<string, Placed>, gap: number): void {
  const placed = row.map((node) => nodes.get(node)!);
  const least = (a: Placed, b: Placed): number => (a.width + b.width) / 2 + gap;
  const left = placed.map(({ x }) => x);
  const right = [...left];
  for (let i = 1; i < row.length; i++) {
    left[i] = Math.max(left[i]!, left[i - 1]! + least(placed[i - 1]!, placed[i]!));
  }
  for (let i = row.length - 2; i >= 0; i--) {
    right[i] = Math.min(right[i]!, right[i + 1]! - least(placed[i]!, placed[i + 1]!));
  }
  placed.forEach((node, i) => (node.x = (left[i]! + right[i]!) / 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
