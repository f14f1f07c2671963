/**
 * Measures a FullGrad map and the model's forward pass on the same engine, alternating in one process: three rounds of a
 * third of the runs each. The other task's session is freed, since its threads would keep spinning.
 *
 * usage: node dist/bench/cost.js [MODEL.onnx] [RUNS] [THREADS]      (ResNet-50 with random weights, 30, 2)
 */
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import { load } from "../src/index.js";
import { writeModel } from "../src/onnx/export.js";
import { float32 } from "../src/tensor/tensor.js";
import { resnet50 } from "./resnet50.js";

const [path = "", runs = "30", threadsText = "2"] = process.argv.slice(2);
const threads = Number(threadsText);
const source = path === "" ? writeModel(resnet50()) : path;
const model = await load(source, { backend: ortBackend({ threads }) });
const [port] = model.inspect().inputs;
const dims = port!.shape.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : 224));
const size = dims.reduce((p, d) => p * d, 1);
const x = float32(
  dims,
  Float32Array.from({ length: size }, (_, i) => Math.sin(0.37 * i)),
);

const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  "forward pass": () => model.predict(x),
  "forward, backward, all sums": () => model.verify(x),
  "FullGrad map": () => model.explain(x),
};
const times = new Map(Object.keys(tasks).map((name) => [name, [] as number[]]));
const [turns, warmUps] = [3, 3];
for (let turn = 0; turn < turns; turn++) {
  for (const [name, task] of Object.entries(tasks)) {
    await model.release();
    for (let run = -warmUps; run < Number(runs) / turns; run++) {
      const start = performance.now();
      await task();
      if (run >= 0) times.get(name)!.push(performance.now() - start);
    }
  }
}

const median = (list: readonly number[]): number =>
  list.toSorted((p, q) => p - q)[Math.floor(list.length / 2)]!;
const base = median(times.get("forward pass")!);
process.stdout.write(
  `${path === "" ? "ResNet-50" : path} [${dims.join(",")}], ${threads} threads, ${runs} runs\n`,
);
for (const [name, list] of times) {
  const [least, middle] = [Math.min(...list), median(list)];
  process.stdout.write(
    `${name.padEnd(30)} min ${least.toFixed(1).padStart(7)} ms   median ${middle.toFixed(1).padStart(7)} ms` +
      `   ${(middle / base).toFixed(2)} forward passes\n`,
  );
}
await model.dispose();
