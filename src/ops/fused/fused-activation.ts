import { float } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Attributes, Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";

/** Attributes of an activation, in the order of ONNX Runtime's activation_params. */
const parameterNames: Readonly<Record<string, readonly string[]>> = {
  LeakyRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
  Elu: ["alpha"],
  Selu: ["alpha", "gamma"],
  Celu: ["alpha"],
  ThresholdedRelu: ["alpha"],
};

/** Activations that ONNX Runtime fuses into a layer and that have no parameters. */
const plain: ReadonlySet<string> = new Set([
  ...["Relu", "Tanh", "Sigmoid", "Softplus", "Softsign", "HardSwish", "Identity", "Abs", "Erf"],
]);

/** Applies the activation of a fused layer; returns x itself if the layer has none. */
export function fusedActivation(
  b: GraphBuilder,
  n: NodeView,
  x: Value,
  activation: string,
  parameters: readonly (number | undefined)[],
): Value {
  if (activation === "") return x;
  if (activation === "Clip") {
    const [low, high] = parameters.map((p) => (p === undefined ? undefined : b.scalar(p, x)));
    return b.op("Clip", [x, low, high], {}, "activation");
  }
  const names = parameterNames[activation];
  if (!names && !plain.has(activation)) {
    throw n.refusal(
      `its attribute "activation" is "${activation}", which has no rule here; save the model at the optimization level basic`,
    );
  }
  const attributes: Attributes = Object.fromEntries(
    (names ?? []).flatMap((name, i) => {
      const value = parameters[i];
      return value === undefined ? [] : [[name, float(value)]];
    }),
  );
  return b.op(activation, [x], attributes, "activation");
}
