import { layOut, reduced, type Layout, type Parents } from "./layered-graph.js";
import { files, importsBetweenRooms, roomOf, rooms, type Room } from "./rooms.js";

const [width, height, step, margin] = [190, 62, 104, 24];

/** Left out of the picture: imported by nearly every room, it would hide the other arrows. */
const everywhere = "errors.ts";

/** Colours of the rooms by subject. */
const colours: readonly (readonly [fill: string, line: string, names: readonly string[]])[] = [
  ["#eef2f7", "#64748b", ["files", "tensor", "onnx"]],
  ["#e0f2e9", "#2f855a", ["ops", "passes", "analysis", "autodiff", "target"]],
  ["#fdf1da", "#b7791f", ["backends", "decomposition", "runtime", "train"]],
  ["#fde4e1", "#c05640", ["methods", "evaluate"]],
  ["#ece6fa", "#6b46c1", ["image", "draw", "compare"]],
  ["#e1effb", "#2b6cb0", ["model", "converters", "index.ts", "onnx.ts", "tfjs.ts", "cli", "web"]],
];

function imports(): Parents {
  const all = [...importsBetweenRooms].filter(([name]) => name !== everywhere);
  return new Map(
    all.map(([name, set]) => [name, new Set([...set].filter((s) => s !== everywhere))]),
  );
}

/** docs/architecture.svg: the rooms of the sources, each below those that it imports from. */
export function architecturePicture(): string {
  const layout = layOut(reduced(imports()), width, 14, 22);
  const placed = [...layout.nodes.values()];
  const left = Math.min(...placed.map((n) => n.x - n.width / 2)) - margin;
  const right = Math.max(...placed.map((n) => n.x + n.width / 2)) + margin;
  const bottom = Math.max(...placed.map((n) => n.layer)) * step + height + 2 * margin;
  const shown = rooms.filter(({ name }) => name !== everywhere);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${round(left)} ${-margin} ${round(right - left)} ${bottom}" font-family="Helvetica, Arial, sans-serif">`,
    `<title>The rooms of the sources, each below those that it imports from</title>`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#475569"/></marker></defs>`,
    `<rect x="${round(left)}" y="${-margin}" width="100%" height="100%" fill="#fff"/>`,
    ...layout.arrows.map((arrow) => drawArrow(arrow, layout)),
    ...shown.map((room) => drawRoom(room, layout)),
    `</svg>\n`,
  ].join("\n");
}

function drawArrow(arrow: readonly string[], { nodes }: Layout): string {
  const stops = arrow.map((name) => nodes.get(name)!);
  let path = `M${round(stops[0]!.x)} ${stops[0]!.layer * step + height}`;
  stops.slice(1).forEach(({ x, layer }, i) => {
    const from = stops[i]!;
    const [top, end] = [from.layer * step + height, layer * step];
    const half = (top + end) / 2;
    path += `C${round(from.x)} ${half} ${round(x)} ${half} ${round(x)} ${end}`;
    if (i < stops.length - 2) path += `V${end + height}`;
  });
  return `<path d="${path}" fill="none" stroke="#94a3b8" stroke-width="1.5" marker-end="url(#head)"/>`;
}

function drawRoom({ name, holds }: Room, { nodes }: Layout): string {
  const { x, layer } = nodes.get(name)!;
  const [fill, line] = colours.find(([, , names]) => names.includes(name))!;
  const [left, top] = [round(x - width / 2), layer * step];
  const count = files.filter((file) => roomOf(file) === name).length;
  const text = (dx: number, dy: number, more: string, words: string): string =>
    `<text x="${round(left + dx)}" y="${top + dy}" ${more}>${words}</text>`;
  return [
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${line}"/>`,
    text(10, 20, `font-size="15" font-weight="bold" fill="#1e293b"`, name),
    name.endsWith(".ts")
      ? ""
      : text(width - 10, 20, `font-size="11" text-anchor="end" fill="${line}"`, `${count} files`),
    ...lines(holds, 27).map((words, i) =>
      text(10, 37 + 15 * i, `font-size="11.5" fill="#334155"`, words),
    ),
  ].join("");
}

/** Wraps words into lines of a maximum length. */
function lines(words: string, most: number): string[] {
  return words.split(" ").reduce<string[]>((done, word) => {
    const last = done.at(-1);
    if (last === undefined || last.length + 1 + word.length > most) return [...done, word];
    return [...done.slice(0, -1), `${last} ${word}`];
  }, []);
}

/** The table of docs/architecture.md. */
export function architectureTable(): string {
  const rows = rooms.map(({ name, holds }) => {
    const count = files.filter((file) => roomOf(file) === name).length;
    const from = rooms
      .map((room) => room.name)
      .filter((other) => importsBetweenRooms.get(name)!.has(other));
    return `| ${name} | ${holds} | ${count} | ${from.join(", ")} |`;
  });
  return [
    "| room | what it holds | files | imports from |",
    "| --- | --- | ---: | --- |",
    ...rows,
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
