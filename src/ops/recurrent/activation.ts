import { float } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";
import type { RecurrentAttrs } from "./recurrent-cell.js";

/** An activation function of a recurrent layer. */
export type GateFunction = (b: GraphBuilder, x: Value) => Value;

/** Builds the function for its parameters, if it has any. */
interface Known {
  readonly alpha?: number;
  readonly beta?: number;
  emit(b: GraphBuilder, x: Value, alpha: number, beta: number): Value;
}

const operator = (op: string): Known => ({ emit: (b, x) => b.op(op, [x]) });

/** An element-wise operator with the parameter α. */
const scaled = (op: string, alpha: number): Known => ({
  alpha,
  emit: (b, x, a) => b.op(op, [x], { alpha: float(a) }),
});

/** Functions by lower-case name, with ONNX Runtime's defaults of the parameters: 0 if the standard gives none. */
const functions: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["relu", operator("Relu")],
  ["tanh", operator("Tanh")],
  ["sigmoid", operator("Sigmoid")],
  ["softsign", operator("Softsign")],
  ["softplus", operator("Softplus")],
  ["leakyrelu", scaled("LeakyRelu", 0.01)],
  ["thresholdedrelu", scaled("ThresholdedRelu", 1)],
  ["elu", scaled("Elu", 1)],
  [
    "hardsigmoid",
    {
      alpha: 0.2,
      beta: 0.5,
      emit: (b, x, a, c) => b.op("HardSigmoid", [x], { alpha: float(a), beta: float(c) }),
    },
  ],
  // αx + β. Named, because nodes of one step need names distinct from the cell's own nodes.
  [
    "affine",
    {
      alpha: 0,
      beta: 0,
      emit: (b, x, a, c) => b.addScalar(b.mulScalar(x, a, "Affine/scaled"), c, "Affine"),
    },
  ],
  // α·tanh(βx)
  [
    "scaledtanh",
    {
      alpha: 0,
      beta: 0,
      emit: (b, x, a, c) =>
        b.mulScalar(b.op("Tanh", [b.mulScalar(x, c, "ScaledTanh/inner")]), a, "ScaledTanh"),
    },
  ],
]);

/**
 * The functions of each direction, in the standard's order. `activation_alpha` and `activation_beta` list the
 * parameters of functions that have them.
 *
 * @param usual the default functions
 */
export function activationsOf(
  n: NodeView<RecurrentAttrs>,
  usual: readonly string[],
): readonly (readonly GateFunction[])[] {
  const { directions, activations, alpha, beta } = n.attrs;
  const names = activations ?? directions.flatMap(() => usual);
  if (names.length !== directions.length * usual.length) {
    const wanted = `${directions.length * usual.length} of ${usual.join(", ")}`;
    throw n.error(`it names ${names.length} activations; supported are ${wanted} or others`);
  }
  const [alphas, betas] = [alpha.values(), beta.values()];
  const found = names.map((name): GateFunction => {
    const known = functions.get(name.toLowerCase());
    if (!known) {
      throw n.error(
        `activation "${name}" is unknown; supported are ${[...functions.keys()].join(", ")}`,
      );
    }
    const next = (list: Iterator<number, undefined>, usually: number | undefined): number =>
      usually === undefined ? 0 : (list.next().value ?? usually);
    const [a, c] = [next(alphas, known.alpha), next(betas, known.beta)];
    return (b, x) => known.emit(b, x, a, c);
  });
  return directions.map((_, d) => found.slice(d * usual.length, (d + 1) * usual.length));
}
