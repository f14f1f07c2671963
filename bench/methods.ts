/**
 * Measures each method and one forward and backward pass on the same engine: wall-clock time for one image, processor
 * time (less disturbed by other processes; with one thread it is the cost), and the memory of the process.
 *
 * usage: node dist/bench/methods.js MODEL.onnx THREADS [METHOD...]      (by default all methods)
 */
import { readFileSync } from "node:fs";
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import { formOf } from "../src/target/contrast.js";
import { Session } from "../src/runtime/session.js";
import { load, methods } from "../src/index.js";
import { decodeModel } from "../src/onnx/file/decode.js";
import { importModel } from "../src/onnx/import/import.js";
import { registry } from "../src/ops/all.js";
import { prepare } from "../src/passes/prepare.js";
import { float32 } from "../src/tensor/tensor.js";
import { random } from "../src/tensor/random.js";

const [path = "", count = "2", ...wanted] = process.argv.slice(2);
const threads = Number(count);
const model = await load(path, { backend: ortBackend({ threads }) });
const [port] = model.inspect().inputs;
const dims = port!.shape.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : 224));
const size = dims.reduce((p, d) => p * d, 1);
const numbers = random(0);
const x = float32(
  dims,
  Float32Array.from({ length: size }, () => numbers.normal()),
);

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function cost(task: () => Promise<unknown>): Promise<Cost> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await task();
  const used = process.cpuUsage(cpu);
  return { wall: performance.now() - start, cpu: (used.user + used.system) / 1000 };
}

async function median(runs: number, task: () => Promise<unknown>): Promise<Cost> {
  const all: Cost[] = [];
  for (let run = 0; run < runs; run++) all.push(await cost(task));
  const middle = (list: number[]): number => list.sort((p, q) => p - q)[Math.floor(runs / 2)]!;
  return { wall: middle(all.map((c) => c.wall)), cpu: middle(all.map((c) => c.cpu)) };
}

async function mean(runs: number, task: () => Promise<unknown>): Promise<Cost> {
  const { wall, cpu } = await cost(async () => {
    for (let run = 0; run < runs; run++) await task();
  });
  return { wall: wall / runs, cpu: cpu / runs };
}

const resident = (): string => `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`;
const milliseconds = (value: number): string => `${value.toFixed(0).padStart(7)} ms`;

// The gradient alone.
const graph = prepare(await importModel(decodeModel(readFileSync(path))), registry);
const backend = ortBackend({ threads });
const session = new Session(graph, registry, backend);
const { compiler } = session;
const target = { chosen: [0], quantity: "score", words: "0" } as const;
const compiled = await compiler.backward("gradient", formOf(target), ({ inputGradient }) => ({
  outputs: { inputGradient },
}));
const pass = (): Promise<unknown> => compiler.run(compiled, x, { target });
await pass();
const one = await median(9, pass);
process.stdout.write(
  `${path} [${dims.join(",")}], ${threads} threads\n` +
    `one forward and backward pass ${milliseconds(one.wall)}, processor ${milliseconds(one.cpu)}, ${resident()}\n`,
);
for (const method of methods.filter((m) => wanted.length === 0 || wanted.includes(m.name))) {
  const run = (): Promise<unknown> => model.explain(x, { method: method.name });
  const first = await cost(run);
  // As many passes as fit into the method's time, so that a processor slowed down by load slows both.
  const turns = Math.min(50, Math.max(5, Math.round(first.wall / one.wall)));
  const before = await mean(turns, pass);
  // A slow method is measured once.
  const { wall, cpu } = first.wall > 3000 ? await median(1, run) : await median(5, run);
  const after = await mean(turns, pass);
  const passes = (2 * wall) / (before.wall + after.wall);
  const passesOfCpu = (2 * cpu) / (before.cpu + after.cpu);
  process.stdout.write(
    `${method.name.padEnd(24)} ${milliseconds(wall)} = ${passes.toFixed(1).padStart(5)} passes   processor ` +
      `${milliseconds(cpu)} = ${passesOfCpu.toFixed(1).padStart(5)} passes   ${resident()}\n`,
  );
}
await Promise.all([model.dispose(), compiler.dispose(), session.dispose()]);
