import fc from "fast-check";
import { int } from "../../../src/onnx/attribute.js";
import type { Row, Values } from "./case.js";
import {
  autoPads,
  extentsOf,
  forAutoPad,
  oneOf,
  shapes,
  variable,
  windowAttributes,
  windows,
  type WindowAxis,
} from "./geometry.js";

const offZero: Values = { from: -3, to: 3, avoid: [0] };

const pooled = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 2 }),
  open: fc.boolean(),
  // Pads of a pool must be smaller than its kernel.
  axes: windows((kernel) => kernel - 1),
  ceil: fc.boolean(),
});

const maxPool: Row = {
  op: "MaxPool",
  cases: fc
    .record({ pooled, autoPad: autoPads, indices: fc.boolean() })
    .filter(({ pooled: p }) => seesSomething(p))
    .map(({ pooled: p, autoPad, indices }) => ({
      attributes: {
        ...windowAttributes(forAutoPad(p.axes, autoPad), autoPad),
        ...(autoPad === "NOTSET" ? { ceil_mode: int(p.ceil ? 1 : 0) } : {}),
      },
      inputs: [variable([p.batch, p.channels, ...extentsOf(p.axes, autoPad)], "distinct", p.open)],
      ...(indices ? { outputs: 2 } : {}),
    })),
  effort: 4,
};

/** Whether each window contains an element (without auto_pad); otherwise its maximum is −∞. */
function seesSomething({ axes, ceil }: { axes: readonly WindowAxis[]; ceil: boolean }): boolean {
  return axes.every((a) => {
    const room = a.extent + a.begin + a.end - a.dilation * (a.kernel - 1) - 1;
    const count = (ceil ? Math.ceil : Math.floor)(room / a.stride) + 1;
    const starts = Array.from({ length: count }, (_, i) => i * a.stride - a.begin);
    return starts
      .filter((start) => start < a.extent)
      .every((start) =>
        Array.from({ length: a.kernel }, (_, k) => start + k * a.dilation).some(
          (place) => place >= 0 && place < a.extent,
        ),
      );
  });
}

/** Dilations exist from operator set 19 on. */
const averagePool: Row = {
  op: "AveragePool",
  cases: fc
    .record({ pooled, autoPad: autoPads, includePad: fc.boolean(), opset: oneOf(18, 19, 22) })
    .map(({ pooled: p, autoPad, includePad, opset }) => {
      const own = forAutoPad(p.axes, autoPad);
      const axes = opset < 19 ? own.map((a) => ({ ...a, dilation: 1 })) : own;
      const { dilations, ...rest } = windowAttributes(axes, autoPad);
      return {
        attributes: {
          ...rest,
          ...(opset < 19 || !dilations ? {} : { dilations }),
          ...(autoPad === "NOTSET" ? { ceil_mode: int(p.ceil ? 1 : 0) } : {}),
          count_include_pad: int(includePad ? 1 : 0),
        },
        inputs: [variable([p.batch, p.channels, ...extentsOf(p.axes, autoPad)], undefined, p.open)],
        opset,
      };
    }),
  polynomial: true,
  effort: 4,
};

function global(op: string, values?: "distinct"): Row {
  return {
    op,
    cases: fc
      .record({ dims: shapes({ least: 3, most: 5 }), open: fc.boolean() })
      .map(({ dims, open }) => ({ attributes: {}, inputs: [variable(dims, values, open)] })),
    polynomial: values === undefined,
  };
}

/** Without ceil_mode, for which ONNX Runtime 1.30 infers one position more than its kernel computes. */
const lpPool: Row = {
  op: "LpPool",
  cases: fc
    .record({ pooled, p: oneOf(1, 2, 3) })
    .filter(({ pooled: g }) => seesSomething({ ...g, ceil: false }))
    .map(({ pooled: g, p }) => ({
      attributes: {
        ...windowAttributes(g.axes, "NOTSET"),
        p: int(p),
      },
      inputs: [variable([g.batch, g.channels, ...extentsOf(g.axes, "NOTSET")], offZero, g.open)],
    })),
};

const globalLpPool: Row = {
  op: "GlobalLpPool",
  cases: fc
    .record({ dims: shapes({ least: 3, most: 5 }), p: oneOf(1, 2, 3) })
    .map(({ dims, p }) => ({ attributes: { p: int(p) }, inputs: [variable(dims, offZero)] })),
};

export const pooling: readonly Row[] = [
  maxPool,
  averagePool,
  lpPool,
  globalLpPool,
  global("GlobalAveragePool"),
  global("GlobalMaxPool", "distinct"),
];
