import { sizeOf } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { gather, sliceAxis } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** One of the pixels that an output interpolates along one axis, with its weight. */
interface Neighbour {
  /** Pixel indices as floats, inside the image. */
  readonly at: Operand;
  readonly weight: Operand;
}

/** Keys' cubic convolution kernel with a = −3/4, at distances up to 1 and from 1 to 2. */
function cubic(w: TfOpBuilder, distance: Operand, near: boolean): Operand {
  const a = -0.75;
  const [third, second, first, constant] = near
    ? [a + 2, -(a + 3), 0, 1]
    : [a, -5 * a, 8 * a, -4 * a];
  const inner = w.shift(w.mul(w.shift(w.scale(distance, third), second), distance), first);
  return w.shift(w.mul(inner, distance), constant);
}

/** Maps a position into the image: clamps it, or reflects it at the border. */
function inside(w: TfOpBuilder, n: NodeToLower, position: Operand, extent: number): Operand {
  const padding = n.attributes.text("padding_mode", "zeros");
  if (padding === "zeros") return position;
  if (padding === "border") return w.clip(position, 0, extent - 1);
  const [low, span] = n.attributes.flag("align_corners") ? [0, extent - 1] : [-0.5, extent];
  // A triangle wave of period 2·span: span − |((p − low) mod 2·span) − span|.
  const period = 2 * Math.max(span, 1);
  const distance = w.shift(position, -low);
  const turns = w.unary("Floor", w.scale(distance, 1 / period));
  const wave = w.unary("Abs", w.shift(w.sub(distance, w.scale(turns, period)), -span));
  return w.clip(w.sub(w.scalar(span + low), wave), 0, extent - 1);
}

/** A pixel outside the image has weight 0. */
function neighbour(w: TfOpBuilder, pixel: Operand, weight: Operand, extent: number): Neighbour {
  const at = w.clip(pixel, 0, extent - 1);
  return { at, weight: w.mul(weight, w.binary("Equal", at, pixel)) };
}

/** The pixels along one axis, from coordinates −1 … 1 of shape [N, points]. */
function neighbours(w: TfOpBuilder, n: NodeToLower, grid: Operand, extent: number): Neighbour[] {
  // −1 and 1 are the centres of the outermost pixels with align_corners, otherwise their outer edges.
  const raw = n.attributes.flag("align_corners")
    ? w.scale(w.shift(grid, 1), (extent - 1) / 2)
    : w.scale(w.shift(w.scale(w.shift(grid, 1), extent), -1), 0.5);
  const mode = n.attributes.text("mode", "bilinear");
  if (mode === "nearest") {
    const pixel = w.unary("Round", inside(w, n, raw, extent));
    return [neighbour(w, pixel, w.scalar(1), extent)];
  }
  if (mode === "bicubic" || mode === "cubic") {
    const low = w.unary("Floor", raw);
    const fraction = w.sub(raw, low);
    return [-1, 0, 1, 2].map((k) => {
      const distance = k <= 0 ? w.shift(fraction, -k) : w.sub(w.scalar(k), fraction);
      const pixel = inside(w, n, w.shift(low, k), extent);
      return neighbour(w, pixel, cubic(w, distance, k === 0 || k === 1), extent);
    });
  }
  const position = inside(w, n, raw, extent);
  const low = w.unary("Floor", position);
  const fraction = w.sub(position, low);
  return [
    neighbour(w, low, w.sub(w.scalar(1), fraction), extent),
    neighbour(w, w.shift(low, 1), fraction, extent),
  ];
}

function gridSample(w: TfOpBuilder, n: NodeToLower): Operand {
  const [batch, channels, ...extents] = n.x().dims as [number, number, ...number[]];
  const places = n.x(1).dims.slice(1, -1);
  const [count, area, last] = [sizeOf(places), sizeOf(extents), n.x(1).dims.length - 1];
  // The grid's last coordinate refers to the first spatial axis.
  const perAxis = extents.map((extent, axis) => {
    const coordinate = sliceAxis(w, n.x(1), last, extents.length - 1 - axis, 1);
    return neighbours(w, n, w.reshape(coordinate, [batch, count]), extent);
  });
  const corners = perAxis.reduce((all, axis, k) =>
    all.flatMap((c) =>
      axis.map(({ at, weight }) => ({
        at: w.add(w.scale(c.at, extents[k]!), at),
        weight: w.mul(c.weight, weight),
      })),
    ),
  );
  // One row of channels per pixel.
  const pixels = w.transpose(w.reshape(n.x(), [batch, channels, area]), [0, 2, 1]);
  const rows = w.reshape(w.plain(pixels), [batch * area, channels]);
  const starts = Array.from({ length: batch }, (_, i) => i * area);
  const sums = corners.map(({ at, weight }) => {
    const places = w.add(w.cast(at, "int32"), w.integers(starts, [batch, 1]));
    const read = gather(w, rows, w.reshape(w.plain(places), [batch * count]), 0);
    return w.mul(read, w.reshape(w.expand(weight, [batch, count]), [batch * count, 1]));
  });
  const sum = sums.reduce((p, q) => w.add(p, q));
  return w.reshape(w.transpose(w.reshape(sum, [batch, count, channels]), [0, 2, 1]), n.dims());
}

export const sampling: Lowerings = { GridSample: gridSample };
