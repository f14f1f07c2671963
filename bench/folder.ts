/**
 * `fullgrad explain` of a folder of pictures beside its maps alone, in turns within one process: pictures a second, load
 * of the cores, memory while it goes on, and processor time of a picture over that of its map.
 *
 * usage: node dist/bench/folder.js MODEL.onnx FOLDER [TURNS]
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../src/cli/run.js";
import { load } from "../src/index.js";
import type { Tensor } from "../src/tensor/tensor.js";

const [path = "", folder = "", turns = "3"] = process.argv.slice(2);
const pictures = readdirSync(folder).map((name) => join(folder, name));

/** Processor seconds of all threads, and seconds, that something takes. */
async function cost(work: () => Promise<unknown>): Promise<{ cpu: number; wall: number }> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000 };
}

async function explain(inputs: readonly string[]): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), "fullgrad-bench-"));
  const none = (): void => undefined;
  const failed = (text: string): void => void process.stderr.write(text);
  try {
    const argv = ["explain", path, ...inputs, "-o", out, "--quiet"];
    await run(argv, { stdout: none, stderr: failed, isTTY: false });
  } finally {
    rmSync(out, { recursive: true });
  }
}

const median = (list: readonly number[]): number =>
  list.toSorted((p, q) => p - q)[Math.floor(list.length / 2)]!;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const cores = availableParallelism();
say(`${path}, ${pictures.length} pictures, ${cores} cores`);

const inputs: Tensor[] = [];
const model = await load(path, { threads: 1 });
for (const picture of pictures.slice(0, 30)) inputs.push(await model.preprocess(picture));

const ratios: number[] = [];
for (let turn = 0; turn < Number(turns); turn++) {
  await model.explain(inputs[0]!);
  const maps = async (): Promise<void> => {
    for (const x of inputs) await model.explain(x);
  };
  const before = (await cost(maps)).cpu / inputs.length;
  await model.release();
  const start = await cost(() => explain(pictures.slice(0, 1)));
  const memory: number[] = [];
  const clock = setInterval(() => memory.push(process.memoryUsage.rss() / 2 ** 20), 50);
  const all = await cost(() => explain(pictures));
  clearInterval(clock);
  await model.explain(inputs[0]!);
  const map = (before + (await cost(maps)).cpu / inputs.length) / 2;
  const each = (all.cpu - start.cpu) / (pictures.length - 1);
  ratios.push(each / map);
  const quarters = [1, 2, 3, 4].map((q) => {
    const part = memory.slice(((q - 1) * memory.length) / 4, (q * memory.length) / 4);
    return Math.max(...part).toFixed(0);
  });
  say(
    `${(pictures.length / all.wall).toFixed(1)} pictures a second; load ${((100 * all.cpu) / all.wall / cores).toFixed(0)} % ` +
      `of the cores; processor time of a picture ${(1000 * each).toFixed(1)} ms, of its map ${(1000 * map).toFixed(1)} ms, ` +
      `${(each / map).toFixed(2)}; of the start ${start.cpu.toFixed(2)} s; memory by quarters ${quarters.join(", ")} MiB`,
  );
}
say(`processor time of a picture over that of its map, median: ${median(ratios).toFixed(2)}`);
await model.dispose();
