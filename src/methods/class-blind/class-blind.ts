import { stretch } from "../building-blocks/stretch.js";
import { sobel } from "../core/filters.js";
import { samplingMethod } from "../core/method.js";
import { number, whole } from "../core/settings.js";
import { random as randomNumbers } from "../../tensor/random.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers } from "../../tensor/tensor.js";

const baseline = "Baseline that ignores the model; every method should outperform it";

/** Uniform noise in [0, 1). */
export const random = samplingMethod({
  name: "random",
  title: "Random",
  paper: baseline,
  signed: false,
  attributes: "map",
  gradientFree: true,
  ignoresTarget: true,
  settings: { seed: whole(0, "random seed", 0, 2 ** 32 - 1) },
  sample({ mapDims }, { seed }) {
    const numbers = randomNumbers(seed);
    const data = Float32Array.from({ length: sizeOf(mapDims) }, () => numbers.uniform());
    return Promise.resolve({ map: float32(mapDims, data) });
  },
});

/** Uniform noise in [0, 1) on a coarse grid, enlarged as Grad-CAM's map is: as smooth, and as uninformed as noise. */
export const smoothRandom = samplingMethod({
  name: "smooth-random",
  title: "Smooth random",
  paper: baseline,
  signed: false,
  attributes: "map",
  gradientFree: true,
  ignoresTarget: true,
  settings: {
    cells: whole(7, "cells of the coarse grid along each side", 1),
    seed: whole(0, "random seed", 0, 2 ** 32 - 1),
  },
  sample({ mapDims }, { cells, seed }) {
    const numbers = randomNumbers(seed);
    const positions = mapDims.slice(2);
    const grid = positions.map((extent) => Math.min(cells, extent));
    const values = Float64Array.from({ length: sizeOf(grid) }, () => numbers.uniform());
    return Promise.resolve({ map: float32(mapDims, stretch(values, grid, positions)) });
  },
});

/** The magnitude of the Sobel gradient of the image's channel mean (Adebayo et al. 2018 compare maps with edges). */
export const edge = samplingMethod({
  name: "edge",
  title: "Edges (Sobel)",
  paper: `${baseline}; Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018`,
  signed: false,
  attributes: "map",
  gradientFree: true,
  ignoresTarget: true,
  settings: {},
  sample({ x, mapDims }) {
    const [values, area] = [toNumbers(x), sizeOf(mapDims)];
    const channels = values.length / area;
    const grey = Float64Array.from({ length: area }, (_, p) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += values[c * area + p]!;
      return sum / channels;
    });
    const slopes = mapDims.flatMap((_, axis) => (axis > 1 ? [sobel(grey, mapDims, axis)] : []));
    const map = grey.map((_, p) => Math.hypot(...slopes.map((slope) => slope[p]!)));
    return Promise.resolve({ map: float32(mapDims, map) });
  },
});

/** A Gaussian at the centre of the image, where photographers tend to place objects. */
export const centreBlur = samplingMethod({
  name: "centre-blur",
  title: "Centre blur",
  paper: baseline,
  signed: false,
  attributes: "map",
  gradientFree: true,
  ignoresTarget: true,
  settings: { width: number(0.25, "standard deviation as a fraction of each side", 1e-3) },
  sample({ mapDims }, { width }) {
    const positions = mapDims.slice(2);
    const data = Float32Array.from({ length: sizeOf(mapDims) }, (_, p) => {
      let [rest, square] = [p, 0];
      for (const extent of positions.toReversed()) {
        square += (((rest % extent) - (extent - 1) / 2) / (width * extent)) ** 2;
        rest = Math.floor(rest / extent);
      }
      return Math.exp(-square / 2);
    });
    return Promise.resolve({ map: float32(mapDims, data) });
  },
});
