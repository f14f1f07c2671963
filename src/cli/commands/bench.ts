import { cpus } from "node:os";
import { findMethod } from "../../methods/all.js";
import type { Method } from "../../methods/core/method.js";
import { exitCodes } from "../exit-codes.js";
import type { BenchFlags } from "../flags/bench-options.js";
import { namingProvider } from "../flags/engine.js";
import { readMethodSettings } from "../flags/method-settings.js";
import { feedsFor, readFeeds } from "../input/feeds.js";
import { readExplainableModel } from "../input/model-file.js";
import { randomSamples } from "../input/random-samples.js";
import { interruption } from "../interruption.js";
import { measureCosts, type BenchTask, type Cost } from "../output/cost.js";
import { Reporter, type Io } from "../output/reporter.js";
import { table } from "../output/tables.js";
import { versions } from "../package-files.js";

/**
 * `fullgrad bench`: the cost of a map of one random sample, relative to the model's own forward pass, the first time and
 * afterwards, and the memory that it takes. Returns the exit code.
 */
export async function bench(path: string, flags: BenchFlags, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const signal = interruption(io);
  const methods = flags.method.map(({ method }) => findMethod(method));
  const settings = readMethodSettings(flags.set, flags.method);
  const start = performance.now();
  const file = await readExplainableModel(path, flags);
  const loadSeconds = (performance.now() - start) / 1e3;
  const { model } = file;
  try {
    const feeds = feedsFor(await readFeeds(flags.feed, file), [undefined]);
    const x = randomSamples(file.input, 1, flags.seed, model);
    const explaining = ({ name: method }: Method): BenchTask => ({
      name: method,
      run: () => model.explain(x, { ...settings.get(method), method, feeds, signal }),
    });
    const forward: BenchTask = { name: "forward", run: () => model.predict(x, { feeds }) };
    const costs = await namingProvider(flags, () =>
      measureCosts([forward, ...methods.map(explaining)], {
        runs: flags.runs,
        signal,
        onProgress: (done, total, name) => {
          reporter.progress(done, total, name);
        },
      }),
    );
    const passes = (cost: Cost): number => cost.warm.seconds / costs[0]!.warm.seconds;
    const { backend, provider, threads, runs } = flags;
    const processor = `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`;
    reporter.document({
      ...{ model: path, sha256: file.sha256, input: x.dims, backend, provider },
      ...{ threads: threads ?? null, runs, processor, versions: versions(), loadSeconds },
      costs: costs.map((cost) => ({ ...cost, passes: passes(cost) })),
    });
    const engine = threads === undefined ? "" : `, ${threads} threads`;
    reporter.line(
      [
        `${path} [${x.dims.join(",")}] on ${backend} ${provider}${engine}, ${processor}`,
        `read in ${loadSeconds.toFixed(2)} s; ${runs} warm runs of each, the fastest counts`,
        "",
        table(
          header,
          costs.map((cost) => row(cost, passes(cost))),
          [1, 2, 3, 4, 5, 6, 7],
        ),
      ].join("\n"),
    );
    return exitCodes.done;
  } finally {
    reporter.clear();
    await model.dispose();
  }
}

const header = [
  ...["", "first, s", "CPU, s", "warm, ms", "median", "CPU, ms", "÷ forward", "peak, MB"],
];

function row({ name, cold, warm, medianSeconds, peakBytes }: Cost, passes: number): string[] {
  const milliseconds = (seconds: number): string => (1e3 * seconds).toFixed(1);
  return [
    name,
    ...[cold.seconds, cold.cpuSeconds].map((seconds) => seconds.toFixed(2)),
    ...[warm.seconds, medianSeconds, warm.cpuSeconds].map(milliseconds),
    passes.toFixed(2),
    (peakBytes / 1e6).toFixed(0),
  ];
}
