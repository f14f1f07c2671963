/**
 * Where the time of a FullGrad map goes: milliseconds of each operator in the forward pass and in the map, from ONNX
 * Runtime's profile; one thread, of each node the least of several runs, which take turns.
 *
 * usage: node dist/bench/operators.js MODEL.onnx ... [--runs 9]
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import type { Backend } from "../src/backends/backend.js";
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import { table } from "../src/cli/output/tables.js";
import { load } from "../src/index.js";
import { writeModel } from "../src/onnx/export.js";
import type { Graph } from "../src/onnx/ir.js";
import { float32, type Tensor } from "../src/tensor/tensor.js";
import { random } from "../src/tensor/random.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "9" } },
});

/** The graphs of the forward pass and of the map, as they are compiled. */
async function graphsOf(path: string): Promise<{ graphs: readonly Graph[]; x: Tensor }> {
  const engine = ortBackend({ threads: 1 });
  const graphs: Graph[] = [];
  const recording: Backend = {
    ...engine,
    compile: (graph) => {
      graphs.push(graph);
      return engine.compile(graph);
    },
  };
  const model = await load(path, { backend: recording });
  const dims = model
    .inspect()
    .inputs[0]!.shape.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : 224));
  const numbers = random(0);
  const size = dims.reduce((p, d) => p * d, 1);
  const x = float32(
    dims,
    Float32Array.from({ length: size }, () => numbers.normal()),
  );
  await model.predict(x);
  await model.explain(x, { target: 0 });
  await model.dispose();
  return { graphs, x };
}

/** One event of ONNX Runtime's profile. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

/** Milliseconds and nodes by operator. */
function byOperator(profile: string): Map<string, { nodes: number; time: number }> {
  const least = new Map<string, { op: string; time: number }>();
  for (const { cat, name, dur, args } of JSON.parse(profile) as ProfileEvent[]) {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    const known = least.get(name)?.time ?? Infinity;
    least.set(name, { op: args.op_name ?? "", time: Math.min(known, dur / 1e3) });
  }
  const sums = new Map<string, { nodes: number; time: number }>();
  for (const { op, time } of least.values()) {
    const { nodes, time: sum } = sums.get(op) ?? { nodes: 0, time: 0 };
    sums.set(op, { nodes: nodes + 1, time: sum + time });
  }
  return sums;
}

async function profiles(graphs: readonly Graph[], x: Tensor, runs: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-profile-"));
  const sessions = await Promise.all(
    graphs.map((graph, i) =>
      ort.InferenceSession.create(writeModel(graph), {
        ...{ intraOpNumThreads: 1, enableProfiling: true },
        profileFilePrefix: join(folder, `${i}`),
      }),
    ),
  );
  for (let run = 0; run < runs; run++) {
    for (const session of sessions) {
      const feeds = session.inputNames.map((name, i) => [
        name,
        i === 0
          ? new ort.Tensor("float32", x.data as Float32Array, x.dims)
          : new ort.Tensor("int64", [0n], [1]),
      ]);
      await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    }
  }
  for (const session of sessions) session.endProfiling();
  const files = readdirSync(folder).sort();
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8"));
  rmSync(folder, { recursive: true });
  return texts;
}

for (const path of positionals) {
  const { graphs, x } = await graphsOf(path);
  const [forward, map] = (await profiles(graphs, x, Number(values.runs))).map(byOperator);
  const total = (sums: ReturnType<typeof byOperator>): string =>
    [...sums.values()].reduce((sum, { time }) => sum + time, 0).toFixed(1);
  const cell = (entry: { nodes: number; time: number } | undefined): string[] =>
    entry ? [entry.time.toFixed(1), String(entry.nodes)] : ["", ""];
  const rows = [...map!]
    .sort(([, p], [, q]) => q.time - p.time)
    .filter(([, { time }]) => time >= 0.05)
    .map(([op, entry]) => [op, ...cell(forward!.get(op)), ...cell(entry)]);
  process.stdout.write(
    `${basename(path)}: forward pass ${total(forward!)} ms, map ${total(map!)} ms\n` +
      `${table(["", "forward, ms", "nodes", "map, ms", "nodes"], rows, [1, 2, 3, 4])}\n\n`,
  );
}
