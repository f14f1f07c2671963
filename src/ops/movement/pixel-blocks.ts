import { spatialAxes } from "../core/axis-mapping.js";
import { divideDims, multiplyDims, type Dim } from "../../tensor/shape.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { OpSpec } from "../core/spec.js";

interface BlockAttrs {
  readonly blocksize: number;
  readonly mode: "DCR" | "CRD";
}

/**
 * Blocks of pixels to channels or back: a reshape, a transpose, a reshape. The gradient of each direction is the other
 * direction.
 */
function blocks(type: "DepthToSpace" | "SpaceToDepth", since: number): OpSpec<BlockAttrs> {
  const toSpace = type === "DepthToSpace";
  return {
    type,
    since,
    arity: [1, 1],
    role: "folding",
    axes: spatialAxes,
    ...(toSpace ? {} : { newer: ["mode"] }),
    attrs: (a) => ({
      blocksize: a.required("blocksize", a.int("blocksize")),
      mode: a.word("mode", ["DCR", "CRD"], "DCR"),
    }),
    infer: (n) => {
      const [batch, c, h, w] = n.shape() as [Dim, Dim, Dim, Dim];
      const k = n.attrs.blocksize;
      if (n.rank() !== 4 || k < 1) throw n.error(`rank ${n.rank()} and a blocksize of ${k}`);
      return [
        n.like(
          toSpace
            ? [batch, divideDims(c, k * k), multiplyDims(h, k), multiplyDims(w, k)]
            : [batch, multiplyDims(c, k * k), divideDims(h, k), divideDims(w, k)],
        ),
      ];
    },
    definition: (b, n) => [moved(b, n.x(), n.attrs, toSpace, n.y())],
    vjp: (b, n, [dy]) => [() => moved(b, dy!, n.attrs, !toSpace, n.x(), "dx")],
    bias: () => "none",
  };
}

/** Channels to blocks of pixels, or back, with the shape of another value. */
function moved(
  b: GraphBuilder,
  x: Value,
  { blocksize: k, mode }: BlockAttrs,
  toSpace: boolean,
  like: Value,
  hint?: string,
): Value {
  const [batch, c, h, w] = x.fact.shape as [Dim, Dim, Dim, Dim];
  const depthFirst = mode === "DCR";
  const depth = divideDims(c, k * k);
  const deep = depthFirst ? [k, k, depth] : [depth, k, k];
  const fine = toSpace
    ? [batch, ...deep, h, w]
    : [batch, c, divideDims(h, k), k, divideDims(w, k), k];
  const toDepth = depthFirst ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  const toPlaces = depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  const apart = b.transpose(b.reshape(x, fine), toSpace ? toPlaces : toDepth);
  return b.reshapeLike(apart, like, hint);
}

export const pixelBlocks: readonly OpSpec[] = [
  blocks("DepthToSpace", 11),
  blocks("SpaceToDepth", 1),
];
