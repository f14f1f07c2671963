import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface GridSize {
  /** [H, W] or [D, H, W] */
  readonly positions: readonly number[];
  readonly count: number;
}

function sizeOfGrid(n: NodeView): GridSize {
  const size = n.elements(1);
  const positions = size?.slice(2) ?? [];
  const isFixed = positions.every((d) => typeof d === "number" && d >= 1);
  if (!size || !isFixed || ![2, 3].includes(positions.length)) {
    throw n.error(
      `the size [${size?.join(",") ?? "unknown"}] must be [N,C,H,W] or [N,C,D,H,W] with fixed spatial extents`,
    );
  }
  const fixed = positions as readonly number[];
  return { positions: fixed, count: fixed.reduce((p, d) => p * d, 1) };
}

// The grid of a spatial transformer: [N,H,W,2] or [N,D,H,W,3], the homogeneous coordinates of the output positions, −1
// to 1, times thetaᵀ [N,3,2] or [N,4,3].
const affineGrid: OpSpec<{ alignCorners: boolean }> = byDefinition<{ alignCorners: boolean }>({
  type: "AffineGrid",
  since: 20,
  arity: [2, 2],
  role: "function",
  attrs: (a) => ({ alignCorners: a.flag("align_corners") }),
  infer: (n) => {
    const { positions } = sizeOfGrid(n);
    return [n.like([n.shape()[0]!, ...positions, positions.length])];
  },
  definition: (b, n) => {
    const { positions, count } = sizeOfGrid(n);
    const width = positions.length + 1;
    checkMade([count, width], `for AffineGrid (node "${n.name}") positions`);
    const base = new Float64Array(count * width).fill(1);
    for (let at = 0; at < count; at++) {
      // The first coordinate runs along the last axis.
      let rest = at;
      positions.toReversed().forEach((extent, k) => {
        base[at * width + k] = coordinateOf(rest % extent, extent, n.attrs.alignCorners);
        rest = Math.floor(rest / extent);
      });
    }
    const points = b.constant(fromNumbers(n.x().fact.dtype, [count, width], base), "positions");
    const rows = b.matmul(points, b.transpose(n.x(), [0, 2, 1], "theta"), "grid/rows");
    return [b.reshape(rows, [n.shape()[0]!, ...positions, positions.length], "grid")];
  },
});

/** −1 and 1 are the centres of the outermost positions, or their outer edges. */
function coordinateOf(at: number, extent: number, alignCorners: boolean): number {
  if (!alignCorners) return (2 * at + 1) / extent - 1;
  return extent === 1 ? 0 : (2 * at) / (extent - 1) - 1;
}

export const affineGrids: readonly OpSpec[] = [affineGrid];
