/**
 * Measures the input gradient of ResNet-50 on TensorFlow.js, its forward pass, and ONNX Runtime, alternating in one
 * process.
 *
 * usage: node dist/bench/tfjs-resnet50.js [PROVIDER,...] [RUNS] [SIZE]      (default wasm, 10, 224)
 */
import type { Backend } from "../src/backends/backend.js";
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import type { Provider } from "../src/backends/tfjs/provider-names.js";
import { tfjsBackend } from "../src/backends/tfjs/tfjs-backend.js";
import { emitFullGradient } from "../src/decomposition/full-gradient.js";
import { fullgrad } from "../src/methods/full-gradients/fullgrad.js";
import { registry } from "../src/ops/all.js";
import { float32 } from "../src/tensor/tensor.js";
import { resnet50 } from "./resnet50.js";

const [providers = "wasm", runs = "10", size = "224"] = process.argv.slice(2);
const graph = resnet50();
const dims = [1, 3, Number(size), Number(size)];
const x = float32(
  dims,
  Float32Array.from({ length: 3 * Number(size) ** 2 }, (_, i) => Math.sin(0.37 * i)),
);

const asked = { input: "input", output: "logits", target: "top" } as const;
const backward = emitFullGradient(graph, registry, asked);
const gradient = backward.b.build([{ name: "dx", value: backward.inputGradient }]);
const explained = emitFullGradient(graph, registry, asked);
const { map } = fullgrad.emit(explained, { convention: "head", implicit: "all" });
const tasks = {
  "forward pass": graph,
  "input gradient": gradient,
  "FullGrad map": explained.b.build([{ name: "map", value: map! }]),
};

// tfjs on wasm has one thread in Node.
const backends: readonly Backend[] = [
  ...providers.split(",").map((provider) => tfjsBackend({ provider: provider as Provider })),
  ortBackend({ threads: 1 }),
];
const rows = await Promise.all(
  backends.flatMap((backend) =>
    Object.entries(tasks).map(async ([task, graphOfTask]) => ({
      name: backend.name,
      task,
      executable: await backend.compile(graphOfTask),
      times: [] as number[],
    })),
  ),
);
for (let run = -2; run < Number(runs); run++) {
  for (const { executable, times } of rows) {
    const start = performance.now();
    await executable.run(new Map([["input", x]]));
    if (run >= 0) times.push(performance.now() - start);
  }
}

const median = (list: readonly number[]): number =>
  list.toSorted((p, q) => p - q)[Math.floor(list.length / 2)]!;
process.stdout.write(
  `ResNet-50 [${dims.join(",")}], one thread (tfjs-node: all cores), ${runs} runs\n`,
);
for (const { name, task, times } of rows) {
  const forward = rows.find((row) => row.name === name)!.times;
  const ratio = Math.min(...times) / Math.min(...forward);
  const [least, middle] = [Math.min(...times), median(times)].map((t) => t.toFixed(0).padStart(6));
  process.stdout.write(
    `${name.padEnd(12)} ${task.padEnd(16)} min ${least!} ms   median ${middle!} ms   ${ratio.toFixed(2)} forward passes\n`,
  );
}
await Promise.all(rows.map(({ executable }) => executable.dispose()));
