import fc from "fast-check";
import { ints } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 3 });

/** Blocks that overlap, touch, leave gaps or hang over the border, of signals, pictures and volumes. */
const axis = fc.record({
  image: fc.integer({ min: 3, max: 6 }),
  block: extent,
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  begin: fc.integer({ min: 0, max: 1 }),
  end: fc.integer({ min: 0, max: 1 }),
});

const col2Im: Row = {
  op: "Col2Im",
  cases: fc
    .record({
      samples: extent,
      channels: extent,
      axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
    })
    .map(({ samples, channels, axes: drawn }) => {
      const axes = drawn.map((a) => ({
        ...a,
        dilation: a.dilation * (a.block - 1) + 1 > a.image ? 1 : a.dilation,
      }));
      const block = axes.map((a) => a.block);
      const counts = axes.map(({ image, begin, end, dilation, block: k, stride }) => {
        const room = image + begin + end - dilation * (k - 1) - 1;
        return Math.floor(room / stride) + 1;
      });
      const product = (list: readonly number[]): number => list.reduce((p, d) => p * d, 1);
      const rank = [axes.length];
      return {
        attributes: {
          strides: ints(axes.map((a) => a.stride)),
          dilations: ints(axes.map((a) => a.dilation)),
          pads: ints([...axes.map((a) => a.begin), ...axes.map((a) => a.end)]),
        },
        inputs: [
          variable([samples, channels * product(block), product(counts)], undefined, true),
          { dims: rank, constant: axes.map((a) => a.image) },
          { dims: rank, constant: block },
        ],
      };
    }),
  polynomial: true,
};

export const columnsToImage: readonly Row[] = [col2Im];
