import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Region } from "../../../src/decomposition/region.js";
import { load } from "../../../src/model/load.js";
import { toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2, sumsPerSample } from "../../support/compare.js";
import { formGolden, formTensor, loadForm } from "../../support/forms.js";
import { exporters, golden, goldenTensor, networkFile } from "../../support/networks.js";

const backend = ortBackend({ threads: 1 });

/** Σ over channels of [N,C,…positions]. */
function overChannels(t: Tensor): number[] {
  const values = toNumbers(t);
  const [samples, channels] = [t.dims[0]!, t.dims[1]!];
  const positions = values.length / samples / channels;
  return Array.from({ length: samples * positions }, (_, i) => {
    const [n, place] = [Math.floor(i / positions), i % positions];
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += values[(n * channels + c) * positions + place]!;
    return sum;
  });
}

describe.each(exporters)("the maps of each layer, by the %s exporter", (exporter) => {
  it("are PyTorch's terms summed over channels", async () => {
    const model = await load(networkFile("resnet18", exporter), { backend });
    const { units } = await model.layerMaps(goldenTensor("resnet18", "input.npy"));
    await model.dispose();
    const withTensor = golden("resnet18").units.filter((u) => u.spatial && u.tensor);
    expect(withTensor.length).toBeGreaterThan(10);
    for (const { name, tensor, nodes } of withTensor) {
      const found = units.find((u) => nodes[exporter].includes(u.unit.node));
      const expected = overChannels(goldenTensor("resnet18", tensor!));
      expect(relativeL2(found!.map!, expected), name).toBeLessThan(1e-4);
    }
  });

  it.each(["tiny-silu", "densenet", "mobilenet-v2"])(
    "of %s add up to the terms, and these to the score",
    async (name) => {
      const model = await load(networkFile(name, exporter), { backend });
      const { inputMap, units, samples } = await model.layerMaps(goldenTensor(name, "input.npy"));
      await model.dispose();
      const { inputTerm, output } = golden(name);
      samples.forEach(({ score, completeness: { mass }, terms }, n) => {
        expect(Math.abs(score - output[n]!) / mass).toBeLessThan(1e-5);
        expect(Math.abs(sumsPerSample(inputMap)[n]! - inputTerm[n]!) / mass).toBeLessThan(1e-5);
        units.forEach(({ unit, map }, i) => {
          expect(map !== undefined).toBe(unit.spatial);
          const sum = map ? sumsPerSample(map)[n]! : terms[i]!.value;
          expect(Math.abs(sum - terms[i]!.value) / mass, unit.node).toBeLessThan(1e-5);
        });
      });
    },
  );
});

describe("the share of a region", () => {
  it("is the sum of PyTorch's terms inside it, for each layer", async () => {
    const model = await load(networkFile("resnet18", "dynamo"), { backend });
    const x = goldenTensor("resnet18", "input.npy");
    const { units, samples } = await model.layerMaps(x);
    await model.dispose();
    const size = x.dims.slice(2);
    const [height = 0, width = 0] = size;
    const left = Region.box(size, [0, 0], [height, width / 2]);
    const withTensor = golden("resnet18").units.filter((u) => u.spatial && u.tensor);
    let compared = 0;
    for (const { name, tensor, nodes } of withTensor) {
      const { map } = units.find((u) => nodes.dynamo.includes(u.unit.node))!;
      const [samplesCount, , rows = 0, columns = 0] = map!.dims;
      // A column in the middle of the image would be half inside.
      if (columns % 2 === 1) continue;
      const terms = overChannels(goldenTensor("resnet18", tensor!));
      const { mass } = samples[0]!.completeness;
      for (let n = 0; n < samplesCount!; n++) {
        const own = terms.slice(n * rows * columns, (n + 1) * rows * columns);
        const inside = own.filter((_, i) => i % columns < columns / 2);
        const expected = inside.reduce((a, b) => a + b, 0);
        expect(Math.abs(left.shareOf(map!, n) - expected) / mass, name).toBeLessThan(1e-6);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });
});

describe("the maps of layers of tokens and windows", () => {
  it.each(["vit", "swin"])("of %s lie where PyTorch's terms do", async (form) => {
    const { terms, runs } = formGolden(form);
    const model = await loadForm(form, "legacy", backend, runs[0]!.output);
    const { units } = await model.layerMaps(formTensor(form, "input.npy"));
    await model.dispose();
    const maps = units.flatMap(({ map }) => (map ? [map] : []));
    for (const { module, file } of terms) {
      const term = formTensor(form, file);
      const expected = overChannels(term);
      const fitting = maps.filter((m) => m.dims.slice(2).join() === term.dims.slice(2).join());
      const errors = fitting.map((map) => relativeL2(map, expected));
      expect(Math.min(...errors), module).toBeLessThan(1e-4);
    }
  });
});
