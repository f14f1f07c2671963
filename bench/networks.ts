/**
 * `npm run bench`: what maps cost on networks of full size, each in a process of its own. Prints a table, and writes
 * everything that was measured where --json says.
 *
 * usage: npm run bench -- FOLDER|MODEL.onnx ... [--runs 9] [--threads 1] [--json FILE]
 *   [--reference PYTHON [--saliency FOLDER of idiap/fullgrad-saliency]]
 * FOLDER: made by bench/export_networks.py
 */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../src/cli/output/tables.js";
import { versions } from "../src/cli/package-files.js";
import type { NetworkCosts, TaskCost } from "./network.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "9" },
    threads: { type: "string", default: "1" },
    json: { type: "string" },
    reference: { type: "string" },
    saliency: { type: "string" },
  },
});
const { runs, threads, json, reference, saliency } = values;
const models = positionals.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".onnx"))
        .map((name) => join(path, name))
    : [path],
);
if (models.length === 0) {
  throw new Error("name a folder of models: python bench/export_networks.py FOLDER makes one");
}

const child = fileURLToPath(new URL("network.js", import.meta.url));
const python =
  reference === undefined ? [] : [reference, ...(saliency === undefined ? [] : [saliency])];
const networks = models.map((path): NetworkCosts => {
  process.stderr.write(`${path}\n`);
  const args = [child, path, runs, threads, ...python];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as NetworkCosts;
});

const milliseconds = (seconds: number): string => (1e3 * seconds).toFixed(1);
const header = [
  "",
  "forward, ms",
  "gradient",
  "FullGrad",
  "÷ forward",
  "gradient ÷ IG step",
  "RISE mask ÷ forward",
];
const more = ["first map, CPU s", "nodes", "peak, MB"];
const rows = networks.map(({ network, costs }) => {
  const at = (name: string): TaskCost => costs.find((cost) => cost.name === name)!;
  const [forward, gradient, map, step, mask] = [
    "forward",
    "gradient",
    "fullgrad",
    "IG step",
    "RISE mask",
  ].map(at);
  const cpu = (cost: TaskCost | undefined): number => cost!.warm.cpuSeconds;
  return [
    network,
    ...[forward, gradient, map].map((cost) => milliseconds(cpu(cost))),
    (cpu(map) / cpu(forward)).toFixed(2),
    (cpu(gradient) / cpu(step)).toFixed(2),
    (cpu(mask) / cpu(forward)).toFixed(2),
    map!.cold.cpuSeconds.toFixed(2),
    `${String(forward!.nodes)} → ${String(map!.nodes)}`,
    ((map!.peakBytes ?? 0) / 1e6).toFixed(0),
  ];
});
const processor = `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`;
process.stdout.write(
  [
    `processor time, ${threads} threads, the least of ${runs} runs in turns; ${processor}`,
    table([...header, ...more], rows, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ...networks.flatMap(referenceLines),
    "",
  ].join("\n"),
);
if (json !== undefined) {
  const about = { processor, threads: Number(threads), runs: Number(runs), versions: versions() };
  writeFileSync(json, JSON.stringify({ ...about, networks }, undefined, 2));
}

/** What other code costs beside ours, of one network. */
function referenceLines({ network, costs, missing }: NetworkCosts): string[] {
  const ours = costs.find(({ name }) => name === "forward")!.warm.cpuSeconds;
  const lines = costs.slice(5).map(({ name, warm }) => {
    const passes = (warm.cpuSeconds / ours).toFixed(2);
    return `${network}: ${name} ${milliseconds(warm.cpuSeconds)} ms, ${passes} of our forward passes`;
  });
  return [
    ...lines,
    ...Object.entries(missing).map(([name, why]) => `${network}: no ${name}: ${why}`),
  ];
}
