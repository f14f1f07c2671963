import { expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { registry } from "../../../../src/ops/all.js";
import { asClassifier, freshWeights } from "../../../../src/train/classifier.js";
import { smallResnet } from "../../../../src/train/networks/small-resnet.js";
import { cosine } from "../../../../src/train/optimizers/schedule.js";
import { sgd } from "../../../../src/train/optimizers/sgd.js";
import { train } from "../../../../src/train/train.js";
import { digits } from "../../../support/digits.js";

const network = smallResnet(registry, { shape: [1, 8, 8], classes: 10, widths: [8, 16] });
const classifier = asClassifier(network, registry);

it("has the parameters of torchvision's ResNet with one basic block a layer", () => {
  const norm = (name: string): string[] =>
    ["weight", "bias", "running_mean", "running_var"].map((part) => `${name}.${part}`);
  const block = (name: string): string[] =>
    [1, 2].flatMap((i) => [`${name}.conv${i}.weight`, ...norm(`${name}.bn${i}`)]);
  const expected = [
    ...["conv1.weight", ...norm("bn1"), ...block("layer1.0"), ...block("layer2.0")],
    ...["layer2.0.downsample.0.weight", ...norm("layer2.0.downsample.1")],
    ...["fc.weight", "fc.bias"],
  ];
  expect([...freshWeights(classifier, 0).keys()].sort()).toEqual(expected.sort());
});

it("learns to read digits", async () => {
  const { history } = await train(classifier, digits.train, {
    ...{ backend: ortBackend({ threads: 1 }), registry, epochs: 8, batch: 32, seed: 0 },
    ...{ optimizer: sgd(), schedule: cosine(0.1, 8), test: digits.test },
  });
  expect(history.at(-1)!.testAccuracy).toBeGreaterThan(0.85);
});
