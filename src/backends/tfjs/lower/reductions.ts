import { axesOf, type ReduceAttrs } from "../../../ops/reductions/reductions.js";
import type { ReductionOperator } from "../program.js";
import type { Lowering, Lowerings } from "./lowering.js";

const reduction =
  (op: ReductionOperator): Lowering<ReduceAttrs> =>
  (w, n) =>
    w.reshape(w.reduce(op, n.x(), axesOf(n.view)), n.dims());

export const reductions: Lowerings = {
  ReduceSum: reduction("Sum"),
  ReduceMean: reduction("Mean"),
  ReduceMax: reduction("Max"),
  ReduceMin: reduction("Min"),
  ReduceProd: reduction("Prod"),
};
