import { createHash } from "node:crypto";
import { join } from "node:path";
import { limitMemory, usualMaxMemory } from "../../backends/limited-memory.js";
import { ortBackend } from "../../backends/ort/ort-backend.js";
import { roar, type RoarOptions, type RoarRun } from "../../evaluate/tests/roar.js";
import type { Explainer } from "../../evaluate/subject.js";
import type { Preprocessing } from "../../image/preprocess.js";
import { Model } from "../../model/model.js";
import { registry } from "../../ops/all.js";
import type { Report } from "../../evaluate/report/report.js";
import { reportFiles } from "../../evaluate/report/report-files.js";
import { encodeModel } from "../../onnx/file/encode.js";
import { exportModel } from "../../onnx/export.js";
import { bytesOf } from "../../tensor/tensor.js";
import { adam } from "../../train/optimizers/adam.js";
import { flipAndShift } from "../../train/data/augmentation.js";
import {
  channelStatistics,
  normalized,
  subset,
  type Dataset,
  type Split,
} from "../../train/data/dataset.js";
import { openDataset } from "../../train/data/open-dataset.js";
import type { Optimizer } from "../../train/optimizers/optimizer.js";
import { constant, cosine, stepped, type Schedule } from "../../train/optimizers/schedule.js";
import { sgd } from "../../train/optimizers/sgd.js";
import { exitCodes } from "../exit-codes.js";
import { namingProvider } from "../flags/engine.js";
import { OutputFolder } from "../output/output-folder.js";
import { versions } from "../package-files.js";
import { Reporter, type Io } from "../output/reporter.js";
import { fontFile, requireCharts } from "./conclude.js";
import { baselineMakers, judgedMethods, methodMaker } from "./method-makers.js";
import { blindMethods } from "../../methods/usual-methods.js";
import { roarJournal } from "./roar-journal.js";
import { isBuiltIn, readNetwork } from "./roar-network.js";
import type { RoarFlags } from "./roar-options.js";
import { roarReport } from "./roar-report.js";
import { summaryText } from "./summary-text.js";
import { duration } from "../pace.js";

/** Images whose maps are made at once. */
const mapBatch = 32;

/** `fullgrad evaluate roar`: trains networks on images without their most salient pixels. Returns the exit code. */
export async function evaluateRoar(
  path: string,
  dataPath: string,
  flags: RoarFlags,
  io: Io,
): Promise<number> {
  requireCharts();
  const reporter = new Reporter(io, flags);
  const judged = judgedMethods(flags.method);
  const folder = new OutputFolder(flags.out);
  const [height, width] = flags.size ?? [];
  const size = height === undefined || width === undefined ? undefined : { height, width };
  const raw = limited(await openDataset(dataPath, size), flags.limit);
  const { mean, deviation } = await channelStatistics(raw.train);
  const data = {
    train: normalized(raw.train, mean, deviation),
    test: normalized(raw.test, mean, deviation),
  };
  const { classifier, sha256 } = await readNetwork(path, data.train, flags);
  if (!isBuiltIn(path) && classifier.statistics.length === 0) {
    reporter.note(
      `${path} has no BatchNormalization; export with --keep-batchnorm where the network has some`,
    );
  }
  const augmentation = flags.augment ? flipAndShift() : undefined;
  const [optimizer, schedule] = [optimizerOf(flags), scheduleOf(flags)];
  const backend = limitMemory(
    ortBackend({ provider: flags.provider, threads: flags.threads }),
    flags.maxMemory ?? usualMaxMemory(),
  );
  const preprocessing = preprocessingOf(data.train, mean, deviation);
  const seeds = Array.from({ length: flags.seeds }, (_, i) => flags.seed + i);
  // Where things lie, and which Node runs, makes no difference.
  const { fullgrad, onnxruntime } = versions();
  const settings = {
    versions: { fullgrad, onnxruntime },
    network: sha256,
    data: { train: await digestOf(raw.train), test: await digestOf(raw.test) },
    target: flags.target,
    rank: flags.rank,
    epochs: flags.epochs,
    batch: flags.batch,
    optimizer: optimizer.name,
    schedule: schedule.name,
    seed: flags.seed,
    mean,
    deviation,
    provider: flags.provider,
    // Another number of threads rounds differently.
    threads: flags.threads ?? null,
    ...(augmentation ? { augmentation: augmentation.name } : {}),
  };
  const models: Model[] = [];
  const clock = progress(reporter);
  const options: RoarOptions = {
    classifier,
    data,
    modes: flags.mode,
    fractions: flags.fractions,
    seeds,
    training: {
      ...{ backend, registry, epochs: flags.epochs, batch: flags.batch, optimizer, schedule },
      ...(augmentation ? { augmentation } : {}),
    },
    makers: (network): readonly Explainer[] => {
      const model = new Model(network, backend, {});
      models.push(model);
      const chosen = judged.map((method) => methodMaker(model, method));
      return [...chosen, ...baselineMakers(model, flags.seed)];
    },
    target: flags.target,
    ranking: { rank: flags.rank, seed: flags.seed, batch: mapBatch, preprocessing },
    // The mean of the training images, in the network's numbers.
    color: mean.map(() => 0),
    keeper: roarJournal(folder.path, settings),
    onNetwork: (network) => {
      folder.write([
        ["base.preprocess.json", preprocessingFile(data.train, mean, deviation)],
        ["base.onnx", encodeModel(exportModel(network))],
      ]);
    },
    onProgress: clock,
  };
  try {
    const runs = await namingProvider({ ...flags, backend: "ort" }, () => roar(options));
    reporter.clear();
    const report = reportOf(path, dataPath, raw, flags, runs, settings);
    await conclude(report, runs, folder, reporter);
    return exitCodes.done;
  } finally {
    reporter.clear();
    await Promise.all(models.map((model) => model.dispose()));
  }
}

function reportOf(
  path: string,
  dataPath: string,
  { train, test }: Split,
  flags: RoarFlags,
  runs: readonly RoarRun[],
  settings: Readonly<Record<string, unknown>>,
): Report {
  const images = `${train.length} training and ${test.length} test images [${train.shape.join(",")}] of ${train.classes} classes`;
  const seeds = `${flags.seeds} ${flags.seeds === 1 ? "seed" : "seeds"}`;
  const said = Object.entries(settings).map(
    ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  return roarReport(runs, flags.mode, flags.fractions, blindMethods, {
    subtitle: `${path}, ${images}; mean of ${seeds}`,
    facts: [
      ["model", path],
      ["images", `${dataPath}: ${images}`],
      ["networks", `${runs.length}`],
      ...said,
    ],
    provenance: { model: path, images: dataPath, settings },
    seed: flags.seed,
  });
}

async function conclude(
  report: Report,
  runs: readonly RoarRun[],
  folder: OutputFolder,
  reporter: Reporter,
): Promise<void> {
  const files = await reportFiles(report, fontFile());
  folder.write(files);
  const { summary, measures, axis } = report;
  reporter.document({
    test: "roar",
    files: files.map(([name]) => join(folder.path, name)),
    summary,
    runs,
  });
  reporter.line(summaryText(summary, measures, axis));
  reporter.line(`→ ${join(folder.path, "roar.html")}`);
}

function optimizerOf({ optimizer, weightDecay }: RoarFlags): Optimizer {
  return optimizer === "adam" ? adam({ weightDecay }) : sgd({ weightDecay });
}

function scheduleOf({
  optimizer,
  rate = optimizer === "adam" ? 0.001 : 0.05,
  schedule,
  epochs,
}: RoarFlags): Schedule {
  if (schedule === "constant") return constant(rate);
  return schedule === "cosine" ? cosine(rate, epochs) : stepped(rate, Math.ceil(epochs / 10), 0.5);
}

/** What the data set's values in [0, 1] went through, as if they came of bytes. */
function preprocessingOf(
  { shape }: Dataset,
  mean: readonly number[],
  std: readonly number[],
): Preprocessing {
  const channels = shape[0] === 1 ? "luma" : "rgb";
  return { resample: "bilinear", rescale: 1 / 255, mean, std, channels };
}

/** The same as settings that stand beside a model: its commands read them. */
function preprocessingFile(
  { shape }: Dataset,
  mean: readonly number[],
  std: readonly number[],
): string {
  const [, height, width] = shape;
  return JSON.stringify({ mean, std, resize: { height, width }, crop: "none" });
}

/** So many images of each part, evenly spread, so that classes keep their shares. */
function limited({ train, test }: Split, limit: number | undefined): Split {
  const some = (data: Dataset): Dataset => {
    const count = Math.min(data.length, limit ?? data.length);
    return subset(
      data,
      Array.from({ length: count }, (_, i) => Math.floor((i * data.length) / count)),
    );
  };
  return limit === undefined ? { train, test } : { train: some(train), test: some(test) };
}

async function digestOf(data: Dataset): Promise<string> {
  const hash = createHash("sha256");
  for (let i = 0; i < data.length; i++) {
    const { x, label } = await data.get(i);
    hash.update(bytesOf(x)).update(`${label}`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** A bar over all networks, with the time that is left. */
function progress(reporter: Reporter): NonNullable<RoarOptions["onProgress"]> {
  const start = performance.now();
  let first: number | undefined;
  return ({ key, done, total, part = 0 }) => {
    first ??= done;
    const seconds = (performance.now() - start) / 1000;
    const computed = done + part - first;
    const left =
      computed > 0.05 ? `${duration((seconds / computed) * (total - done - part))} left` : "";
    const what = key.method === "" ? "unchanged" : `${key.method} ${100 * key.fraction} %`;
    reporter.progress(done, total, `${what}, seed ${key.seed}  ${left}`, false);
  };
}
