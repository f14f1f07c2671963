import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import type { Attribute } from "../../../src/onnx/ir.js";
import { float32, int64, type Tensor } from "../../../src/tensor/tensor.js";
import { form, scalar, span, vector, type OldNode } from "./old-node.js";

const floats = (...value: number[]): Attribute => ({ type: "floats", value });
const none: Tensor = float32([0], []);

const linear = text("linear");
const image = { dims: [1, 2, 3, 4] } as const;
const scales = vector(1, 1, 2, 1.5);

const resamplings: readonly OldNode[] = [
  form("Upsample", "nearest", [7, 8], { scales: floats(1, 1, 2, 3), mode: text("nearest") }, image),
  form("Upsample", "nearest, fractional", [7, 8], { scales: floats(1, 1, 1.5, 2.5) }, image),
  form("Upsample", "linear", [7, 8], { scales: floats(1, 1, 2, 2), mode: linear }, image),
  form(
    "Upsample",
    "scales as input",
    [9],
    { mode: text("nearest") },
    { ...image, constants: [scales] },
  ),
  form(
    "Upsample",
    "linear, scales as input",
    [9],
    { mode: linear },
    {
      ...image,
      constants: [vector(1, 1, 2, 2)],
    },
  ),
  form("Resize", "nearest", [10], { mode: text("nearest") }, { ...image, constants: [scales] }),
  form("Resize", "nearest, smaller", [10], {}, { ...image, constants: [vector(1, 1, 0.6, 0.5)] }),
  form("Resize", "linear", [10], { mode: linear }, { ...image, constants: [vector(1, 1, 2, 0.5)] }),
  ...["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"].flatMap((mode) => [
    form(
      "Resize",
      `linear, ${mode}`,
      span(11, 17),
      {
        mode: linear,
        coordinate_transformation_mode: text(mode),
      },
      { ...image, constants: [none, scales] },
    ),
    form(
      "Resize",
      `nearest by sizes, ${mode}`,
      [11, 13],
      {
        coordinate_transformation_mode: text(mode),
        nearest_mode: text("floor"),
      },
      { ...image, constants: [none, none, int64([1, 2, 6, 2])] },
    ),
  ]),
  form(
    "Resize",
    "linear, tf_crop_and_resize",
    [11, 13],
    {
      mode: linear,
      coordinate_transformation_mode: text("tf_crop_and_resize"),
    },
    { ...image, constants: [vector(0, 0, 0.1, 0.2, 1, 1, 0.8, 1), none, int64([1, 2, 4, 5])] },
  ),
  form(
    "Resize",
    "nearest, tf_half_pixel_for_nn",
    [11, 13],
    {
      coordinate_transformation_mode: text("tf_half_pixel_for_nn"),
    },
    { ...image, constants: [none, scales] },
  ),
  form(
    "Resize",
    "cubic",
    [11, 13],
    { mode: text("cubic") },
    { ...image, constants: [none, scales] },
  ),
];

const perChannel = [vector(1, 0.5, 2), vector(0, 1, -1), vector(0.2, 0, -0.5), vector(1, 2, 0.5)];
const inference: readonly OldNode[] = [
  form(
    "BatchNormalization",
    "spatial",
    [7, 8],
    { epsilon: float(0.001), spatial: int(1) },
    {
      constants: perChannel,
    },
  ),
  form(
    "BatchNormalization",
    "momentum",
    [7, 9, 14, 15],
    { momentum: float(0.9) },
    {
      constants: perChannel,
    },
  ),
  form("Dropout", "ratio as attribute", span(7, 11), { ratio: float(0.5) }),
  form("Dropout", "default", [7, 10, 12, 13]),
  form("Dropout", "ratio as input", span(12, 17), {}, { constants: [scalar(0.5)] }),
];

const pools: readonly OldNode[] = [
  form("MaxPool", "strided", [7, 8, 10, 11, 12], {
    kernel_shape: ints([2, 2]),
    strides: ints([2, 2]),
    pads: ints([1, 0, 0, 1]),
  }),
  form("MaxPool", "ceil", [10, 11, 12], {
    kernel_shape: ints([3, 3]),
    strides: ints([2, 2]),
    ceil_mode: int(1),
  }),
  form("AveragePool", "padded", [7, 10, 11], {
    kernel_shape: ints([2, 2]),
    pads: ints([1, 1, 0, 0]),
    count_include_pad: int(1),
  }),
  form("AveragePool", "ceil", [10, 11], {
    kernel_shape: ints([3, 3]),
    strides: ints([2, 2]),
    ceil_mode: int(1),
  }),
  form("GlobalAveragePool", "image", [7]),
];

const conv = [
  float32(
    [3, 3, 2, 2],
    Array.from({ length: 36 }, (_, i) => (i % 7) - 3),
  ),
];
const matrix = float32(
  [5, 2],
  Array.from({ length: 10 }, (_, i) => i - 4),
);
const layers: readonly OldNode[] = [
  form("Conv", "plain", [7, 11], { kernel_shape: ints([2, 2]) }, { constants: conv }),
  form("ConvTranspose", "plain", [7, 11], { kernel_shape: ints([2, 2]) }, { constants: conv }),
  form(
    "Gemm",
    "row as C",
    [7, 9, 11, 13],
    {},
    {
      dims: [3, 5],
      constants: [matrix, vector(1, 2)],
    },
  ),
  form("Gemm", "without C", [11, 13], {}, { dims: [3, 5], constants: [matrix] }),
  form("Add", "broadcast", [7, 13, 14], {}, { constants: [vector(1, 2, 3, 4, 5)] }),
  form("Pow", "square", [7, 12, 13], {}, { constants: [scalar(2)] }),
  form("Max", "two", [8, 12, 13], {}, { constants: [scalar(0.5)] }),
  form("PRelu", "slopes", [7, 9, 16], {}, { constants: [float32([3, 1, 1], [0.1, 0.2, 0.3])] }),
  form("LeakyRelu", "slope", [7, 16], { alpha: float(0.2) }),
  form("Elu", "default", [7]),
  form("Cast", "to integers", [7, 9, 13], { to: int(7) }, { integer: true }),
];

/** Layers, and what resamples. */
export const oldLayers: readonly OldNode[] = [...resamplings, ...inference, ...pools, ...layers];
