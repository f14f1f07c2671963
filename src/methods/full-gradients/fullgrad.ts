import { graphMethod } from "../core/method.js";
import {
  absolute,
  absolutePerChannel,
  conventions,
  rescaledSum,
  type ChannelSum,
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
    const maps = layersOf(full, convention).map((layer) =>
      rescaledSum(layer.b, absoluteOf(layer), convention),
    );
    return { map: addMaps(full, maps, convention) };
  },
});

function absoluteOf({ b, term, units }: Layer): ChannelSum {
  const [first] = units;
  if (units.length === 1 && first!.perChannel) {
    return absolutePerChannel(b, first!.perChannel.gradient, first!.perChannel.bias);
  }
  return absolute(b, term());
}
