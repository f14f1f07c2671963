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
  "rescaling and resizing of layers: as in the current reference code, or as in 2019",
);

/**
 * FullGrad: S(x) = Σ_c ψ(∇ₓf ⊙ x) + Σ_{l spatial} Σ_c ψ(bias term of l), ψ = upsample ∘ rescale ∘ abs
 * (Srinivas & Fleuret, NeurIPS 2019, eq. 4).
 */
export const fullgrad = graphMethod({
  name: "fullgrad",
  title: "FullGrad",
  paper: srinivas,
  signed: false,
  attributes: "map",
  decomposes: true,
  settings: { convention: conventionSetting },
  emit: (full, { convention }) => {
    const terms = layersOf(full, convention).map((layer) => ({
      ...absoluteOf(layer),
      units: layer.units,
    }));
    return { map: addMaps(full, rescaledMaps(full, terms, convention), convention) };
  },
});

function absoluteOf({ b, term, units }: Layer): Magnitude {
  const [first] = units;
  if (units.length === 1) {
    const { perChannel, inPlace, factored } = first!;
    if (factored) {
      return { ...absolute(b, factored.part(), inPlace), factor: Math.abs(factored.factor) };
    }
    if (perChannel) return absolutePerChannel(b, perChannel.gradient, perChannel.bias);
    if (inPlace) return absolute(b, first!.term(), inPlace);
  }
  return absolute(b, term());
}
