/**
 * What the maps of one network cost, for bench/networks.ts: writes one JSON document.
 *
 * All take turns, run by run, so that what else the machine does slows all of them; the least of their runs counts.
 *
 * usage: node dist/bench/network.js MODEL.onnx RUNS THREADS [PYTHON [FOLDER of idiap/fullgrad-saliency]]
 */
import { basename } from "node:path";
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import type { Backend } from "../src/backends/backend.js";
import type { RunTime } from "../src/cli/output/cost.js";
import { load } from "../src/index.js";
import { float32 } from "../src/tensor/tensor.js";
import { random } from "../src/tensor/random.js";
import { startReference } from "./reference-process.js";

/** What bench/networks.ts reads. */
export interface NetworkCosts {
  readonly network: string;
  readonly costs: readonly TaskCost[];
  readonly missing: Readonly<Record<string, string>>;
  readonly referenceVersions: Readonly<Record<string, string | null>>;
}

export interface TaskCost {
  readonly name: string;
  /** Of the graph that was compiled for it. */
  readonly nodes?: number;
  /** The first run, which compiles. */
  readonly cold: RunTime;
  /** The least of the later ones, by either clock, for each unit: a step, a mask, or the whole. */
  readonly warm: RunTime;
  /** The most that the process had held after the first run of this task, and those before it. */
  readonly peakBytes?: number;
}

interface Task {
  readonly name: string;
  /** Steps or masks in one run. */
  readonly units: number;
  readonly run: () => Promise<RunTime>;
}

const [path = "", runs = "9", threadsText = "1", python, ...saliency] = process.argv.slice(2);
const threads = Number(threadsText);
let nodes = 0;
const engine = ortBackend({ threads });
const counting: Backend = {
  ...engine,
  compile: (graph) => {
    nodes = graph.nodes.length;
    return engine.compile(graph);
  },
};
const model = await load(path, { backend: counting });
const [port] = model.inspect().inputs;
const dims = port!.shape.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : 224));
const numbers = random(0);
const size = dims.reduce((p, d) => p * d, 1);
const x = float32(
  dims,
  Float32Array.from({ length: size }, () => numbers.normal()),
);

const [steps, masks] = [16, 16];
const own = (name: string, units: number, run: () => Promise<unknown>): Task => ({
  name,
  units,
  run: async () => {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await run();
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6 };
  },
});
const tasks = [
  own("forward", 1, () => model.predict(x)),
  own("gradient", 1, () => model.explain(x, { method: "gradient" })),
  own("fullgrad", 1, () => model.explain(x)),
  own("IG step", steps, () => model.explain(x, { method: "integrated-gradients", steps })),
  own("RISE mask", masks, () => model.explain(x, { method: "rise", masks })),
];
const reference =
  python === undefined
    ? undefined
    : await startReference(python, basename(path, ".onnx"), threadsText, ...saliency);
for (const name of reference?.tasks ?? []) {
  const units = name.startsWith("captum") ? steps : 1;
  tasks.push({ name, units, run: () => reference!.run(name) });
}

const order = ({ name }: Task): number => (name === "fullgrad" ? 0 : 1);
const cold = new Map<string, Omit<TaskCost, "warm">>();
const warm = new Map<string, RunTime[]>();
// The map first: what it costs then is what a user waits for.
for (const { name, run } of tasks.toSorted((p, q) => order(p) - order(q))) {
  nodes = 0;
  const first = await run();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  cold.set(name, { name, cold: first, ...(nodes > 0 ? { nodes, peakBytes } : {}) });
  warm.set(name, []);
}
for (let round = 0; round < Number(runs); round++) {
  for (const { name, units, run } of tasks) {
    // What takes many passes, or seconds, needs fewer runs.
    const isLong =
      units > 1 || cold.get(name)!.cold.seconds > 3 + 40 * cold.get("forward")!.cold.seconds;
    if (isLong && round >= 1) continue;
    // The first may compile again what the model's memory bound freed since the last turn, and the engine's memory
    // settles with the second.
    for (let i = 0; i < 4; i++) warm.get(name)!.push(await run());
  }
}
reference?.stop();
await model.dispose();

const costs = tasks.map(({ name, units }): TaskCost => {
  const least = (read: (time: RunTime) => number): number =>
    Math.min(...warm.get(name)!.map(read)) / units;
  const times = { seconds: least((t) => t.seconds), cpuSeconds: least((t) => t.cpuSeconds) };
  return { ...cold.get(name)!, warm: times };
});
const result: NetworkCosts = {
  ...{ network: basename(path, ".onnx"), costs, missing: reference?.missing ?? {} },
  referenceVersions: reference?.versions ?? {},
};
process.stdout.write(JSON.stringify(result));
