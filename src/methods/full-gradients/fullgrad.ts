import type { FullGradient, UnitTerm } from "../../decomposition/full-gradient.js";
import { int } from "../../onnx/attribute.js";
import type { Value } from "../../onnx/ir.js";
import { graphMethod } from "../core/method.js";
import {
  absolute,
  absolutePerChannel,
  conventions,
  rescaledMaps,
  type Magnitude,
} from "../../decomposition/psi.js";
import { choice } from "../core/settings.js";
import { addMaps, layersOf, type Layer } from "../building-blocks/fullgrad-layers.js";

export const srinivas =
  "Srinivas and Fleuret, Full-Gradient Representation for Neural Network Visualization, NeurIPS 2019";

export const conventionSetting = choice(
  conventions,
  "head",
  "rescaling and resizing of layers: as in the current reference code, or in its version of 2019",
);

export const implicitSetting = choice(
  ["all", "batch-norm"],
  "all",
  "implicit biases in the map: of every node, or of batch normalizations alone, as in the reference code",
);

/** Whether the reference code has the bias of a unit: a parameter, or a BatchNormalization's. */
export const isInReference = ({ unit: { kind } }: UnitTerm): boolean =>
  kind !== "implicit" && kind !== "pad";

/**
 * FullGrad: S(x) = Σ_c ψ(∇ₓf ⊙ x) + Σ_{l spatial} Σ_c ψ(bias term of l), ψ = upsample ∘ rescale ∘ abs (Srinivas &
 * Fleuret, NeurIPS 2019, eq. 4). With `implicit=batch-norm`, without the terms of activations, gates and other
 * normalizations, whose sum is reported: the part of the score that is missing from the reference code's terms.
 */
export const fullgrad = graphMethod({
  name: "fullgrad",
  title: "FullGrad",
  paper: srinivas,
  signed: false,
  attributes: "map",
  decomposes: true,
  settings: { convention: conventionSetting, implicit: implicitSetting },
  emit: (full, { convention, implicit }) => {
    const layers = layersOf(full, convention);
    const shown =
      implicit === "all" ? layers : layers.filter((layer) => layer.units.every(isInReference));
    const terms = shown.map((layer) => ({ ...absoluteOf(layer), units: layer.units }));
    return {
      map: addMaps(full, rescaledMaps(full, terms, convention), convention),
      ...(implicit === "all" ? {} : { info: { implicit: implicitSum(full) } }),
    };
  },
});

/** The sum of the terms missing from the reference code, [N]. */
function implicitSum({ b, units, sums }: FullGradient): Value {
  const at = b.within("implicit");
  const columns = units.flatMap((unit, i) => (isInReference(unit) ? [] : [i + 1]));
  return at.sum(at.op("Gather", [sums, at.ints(columns)], { axis: int(1) }), [1], false, "sum");
}

function absoluteOf({ b, term, units }: Layer): Magnitude {
  const [first] = units;
  if (units.length === 1) {
    const { perChannel, reduction, factored } = first!;
    if (factored) {
      return { ...absolute(b, factored.part(), reduction), factor: Math.abs(factored.factor) };
    }
    if (perChannel) return absolutePerChannel(b, perChannel.gradient, perChannel.bias);
    if (reduction) return absolute(b, first!.term(), reduction);
  }
  return absolute(b, term());
}
