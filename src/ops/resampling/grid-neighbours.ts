/**
 * The pixels that GridSample reads along one axis, their weights, and the derivatives of the weights by the grid.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";

export interface GridAttrs {
  readonly mode: "bilinear" | "linear" | "nearest" | "bicubic" | "cubic";
  readonly padding: "zeros" | "border" | "reflection";
  readonly alignCorners: boolean;
}

/** One of the pixels that an output reads along one axis. Values are [N,…spatial,1]. */
export interface Neighbour {
  /** Pixel indices as floats, inside the image. */
  readonly at: Value;
  readonly weight: Value;
  /** d weight / d grid. */
  readonly slope: () => Value;
}

/** Keys' parameter, as in PyTorch and ONNX Runtime. */
const sharpness = -0.75;

/** @param coordinate of the grid that runs along the axis */
export function neighbours(
  b: GraphBuilder,
  n: NodeView<GridAttrs>,
  extent: number,
  coordinate: number,
): readonly Neighbour[] {
  const { mode, alignCorners } = n.attrs;
  const last = n.rank(1) - 1;
  const grid = b.slice(n.x(1), [last], [coordinate], [coordinate + 1]);
  // −1 and 1 are the centres of the outermost pixels, or their outer edges.
  const unit = (alignCorners ? extent - 1 : extent) / 2;
  const denormalized = alignCorners
    ? b.mulScalar(b.addScalar(grid, 1), unit)
    : b.mulScalar(b.addScalar(b.mulScalar(b.addScalar(grid, 1), extent), -1), 0.5);
  if (mode === "cubic" || mode === "bicubic") return cubic(b, n, denormalized, extent, unit);
  const inner = inside(b, n, denormalized, extent);
  const { position } = inner;
  if (mode === "nearest") {
    const pixel = b.op("Round", [position]);
    const zero = (): Value => b.mulScalar(pixel, 0);
    return [neighbour(b, pixel, b.addScalar(zero(), 1), zero, extent)];
  }
  const low = b.op("Floor", [position]);
  const fraction = b.sub(position, low);
  const slope = (): Value => b.mulScalar(inner.slope(), unit);
  return [
    neighbour(b, low, b.sub(b.scalar(1, fraction), fraction), () => b.neg(slope()), extent),
    neighbour(b, b.addScalar(low, 1), fraction, slope, extent),
  ];
}

/** A pixel outside the image or at a NaN position is replaced by pixel 0 with weight 0. */
function neighbour(
  b: GraphBuilder,
  pixel: Value,
  weight: Value,
  slope: () => Value,
  extent: number,
): Neighbour {
  const [first, final] = [b.scalar(0, pixel), b.scalar(extent - 1, pixel)];
  const isInside = b.op("Equal", [b.op("Clip", [pixel, first, final]), pixel]);
  const masked = (v: Value): Value => b.where(isInside, v, b.scalar(0, v));
  return { at: masked(pixel), weight: masked(weight), slope: () => masked(slope()) };
}

/** Keys' cubic convolution of four pixels; the padding is applied to each of them. */
function cubic(
  b: GraphBuilder,
  n: NodeView<GridAttrs>,
  position: Value,
  extent: number,
  unit: number,
): readonly Neighbour[] {
  const low = b.op("Floor", [position]);
  const t = b.sub(position, low);
  const rest = b.sub(b.scalar(1, t), t);
  const a = sharpness;
  // As a function of the distance d: ((a+2)d − (a+3))d² + 1 up to 1, a(((d − 5)d + 8)d − 4) beyond.
  const near = (d: Value): Value => polynomial(b, d, [a + 2, -(a + 3), 0, 1]);
  const far = (d: Value): Value => polynomial(b, d, [a, -5 * a, 8 * a, -4 * a]);
  const nearSlope = (d: Value): Value => polynomial(b, d, [3 * (a + 2), -2 * (a + 3), 0]);
  const farSlope = (d: Value): Value => polynomial(b, d, [3 * a, -10 * a, 8 * a]);
  const taps = [
    { shift: -1, distance: () => b.addScalar(t, 1), f: far, slope: farSlope, sign: 1 },
    { shift: 0, distance: () => t, f: near, slope: nearSlope, sign: 1 },
    { shift: 1, distance: () => rest, f: near, slope: nearSlope, sign: -1 },
    { shift: 2, distance: () => b.addScalar(rest, 1), f: far, slope: farSlope, sign: -1 },
  ];
  return taps.map(({ shift, distance, f, slope, sign }) => {
    const pixel = shift === 0 ? low : b.addScalar(low, shift);
    const { position: padded } = inside(b, n, pixel, extent);
    const d = distance();
    const change = (): Value => b.mulScalar(slope(d), sign * unit);
    return neighbour(b, padded, f(d), change, extent);
  });
}

/** By Horner's rule, the highest power first. */
function polynomial(b: GraphBuilder, x: Value, [first = 0, ...others]: readonly number[]): Value {
  const [second = 0, ...rest] = others;
  const start = b.addScalar(b.mulScalar(x, first), second);
  return rest.reduce((sum, c) => (c === 0 ? b.mul(sum, x) : b.addScalar(b.mul(sum, x), c)), start);
}

/**
 * The position with the padding applied, clamped to the image or reflected at its border, and its slope: 1, 0 or −1.
 */
function inside(
  b: GraphBuilder,
  n: NodeView<GridAttrs>,
  given: Value,
  extent: number,
): { readonly position: Value; slope(): Value } {
  const { padding, alignCorners } = n.attrs;
  const one = (): Value => b.addScalar(b.mulScalar(given, 0), 1);
  if (padding === "zeros") return { position: given, slope: one };
  let within = given;
  let slope = one;
  if (padding === "reflection") {
    const [low, span] = alignCorners ? [0, extent - 1] : [-0.5, extent];
    // A triangle wave of period 2·span: span − |((p − low) mod 2·span) − span|.
    const distance = b.addScalar(given, -low);
    const period = 2 * Math.max(span, 1);
    const turns = b.op("Floor", [b.mulScalar(distance, 1 / period)]);
    const phase = b.sub(distance, b.mulScalar(turns, period));
    const offset = b.addScalar(phase, -span);
    within = b.addScalar(b.neg(b.op("Abs", [offset])), span + low);
    slope = () => b.neg(b.op("Sign", [offset]));
  }
  const position = b.op("Clip", [within, b.scalar(0, within), b.scalar(extent - 1, within)]);
  const isKept = (): Value => b.mask(b.op("Equal", [position, within]), given);
  return { position, slope: () => b.mul(slope(), isKept()) };
}
