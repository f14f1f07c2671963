import { TargetError } from "../errors.js";
import type { FullGradient, UnitTerm } from "../engine/full-gradient.js";
import { graphMethod } from "../engine/method.js";
import {
  type AbsoluteTerm,
  absolute,
  absolutePerChannel,
  conventions,
  rescaledSum,
  resizeMap,
  type Convention,
} from "../engine/psi.js";
import { choice } from "../engine/settings.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { isStatic } from "../tensor/shape.js";

/**
 * FullGrad: S(x) = Σ_c ψ(∇ₓf ⊙ x) + Σ_{l spatial} Σ_c ψ(bias term of l), ψ = upsample ∘ rescale ∘ abs
 * (Srinivas & Fleuret, NeurIPS 2019, eq. 4).
 *
 * Resizing is linear, so maps of one size are added before they are resized, once.
 */
export const fullgrad = graphMethod({
  name: "fullgrad",
  title: "FullGrad",
  paper:
    "Srinivas and Fleuret, Full-Gradient Representation for Neural Network Visualization, NeurIPS 2019",
  signed: false,
  attributes: "map",
  decomposes: true,
  settings: {
    convention: choice(
      conventions,
      "head",
      "how the terms of a layer are rescaled: as the reference code does today, or did in 2019",
    ),
  },
  emit: (full, settings) => ({ map: emitMap(full, settings.convention) }),
});

function emitMap(fullGradient: FullGradient, convention: Convention): Value {
  const { b, input, inputTerm, units } = fullGradient;
  const size = input.fact.shape.slice(2);
  if (size.length === 0 || !isStatic(size)) {
    throw new TargetError(
      `input "${input.name}" is [${input.fact.shape.join(",")}]; a map needs an image [N,C,H,W] of fixed ` +
        "height and width (give them with --size HxW)",
    );
  }
  const bySize = new Map<string, Value>();
  const collect = (map: Value): void => {
    const key = map.fact.shape.slice(2).join("x");
    const other = bySize.get(key);
    bySize.set(key, other ? b.within("map").add(other, map, key) : map);
  };
  collect(rescaledSum(b.within("input"), absolute(b.within("input"), inputTerm), convention));
  for (const layer of layersOf(units, convention)) {
    const at = b.within(layer[0]!.unit.node);
    collect(rescaledSum(at, absoluteOf(at, layer), convention));
  }
  return [...bySize.values()]
    .map((map) => resizeMap(b.within("map"), map, size, convention))
    .reduce((p, q) => b.within("map").add(p, q, "sum"));
}

/**
 * The units that make one map together, for each map. In `paper2019` a convolution and the BatchNormalization after
 * it are one block with one bias; in `head` they are two.
 */
function layersOf(units: readonly UnitTerm[], convention: Convention): UnitTerm[][] {
  const layers = new Map<string, UnitTerm[]>();
  for (const term of units.filter(({ unit }) => unit.spatial)) {
    const { node, normalizes } = term.unit;
    const block = convention === "paper2019" && normalizes ? layers.get(normalizes) : undefined;
    if (block) block.push(term);
    else layers.set(node, [term]);
  }
  return [...layers.values()];
}

function absoluteOf(b: GraphBuilder, layer: readonly UnitTerm[]): AbsoluteTerm {
  const [first] = layer;
  if (layer.length === 1 && first!.perChannel) {
    return absolutePerChannel(b, first!.perChannel.gradient, first!.perChannel.bias);
  }
  return absolute(
    b,
    layer.map((unit) => unit.places()).reduce((p, q) => b.add(p, q, "block/term")),
  );
}
