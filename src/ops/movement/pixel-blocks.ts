import { spatialAxes } from "../core/axis-mapping.js";
import { divideDims, multiplyDims, type Dim } from "../../tensor/shape.js";
import type { OpSpec } from "../core/spec.js";

/** Blocks of pixels to channels or back: a reshape, a transpose, a reshape. Its gradient is the other one. */
function blocks(
  type: "DepthToSpace" | "SpaceToDepth",
  since: number,
): OpSpec<{ blocksize: number; mode: "DCR" | "CRD" }> {
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
    vjp: (b, n, [dy]) => [
      () => {
        const k = n.attrs.blocksize;
        const [batch, c, h, w] = dy!.fact.shape as [Dim, Dim, Dim, Dim];
        const depthFirst = n.attrs.mode === "DCR";
        const deep = (): Dim[] =>
          depthFirst ? [k, k, divideDims(c, k * k)] : [divideDims(c, k * k), k, k];
        const fine = toSpace
          ? [batch, c, divideDims(h, k), k, divideDims(w, k), k]
          : [batch, ...deep(), h, w];
        const toDepth = depthFirst ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
        const toPlaces = depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
        const order = toSpace ? toDepth : toPlaces;
        return b.reshapeLike(b.transpose(b.reshape(dy!, fine), order), n.x(), "dx");
      },
    ],
    bias: () => "none",
  };
}

export const pixelBlocks: readonly OpSpec[] = [
  blocks("DepthToSpace", 11),
  blocks("SpaceToDepth", 1),
];
