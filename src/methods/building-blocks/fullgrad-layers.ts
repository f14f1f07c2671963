import type { FullGradient, UnitTerm } from "../../decomposition/full-gradient.js";
import { resizeMap, type Convention } from "../../decomposition/psi.js";
import { TargetError } from "../../errors.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { isStatic } from "../../tensor/shape.js";

/** A part of a FullGrad map: the input, or a layer with a spatial term. */
export interface Layer {
  /** Builder for its nodes. */
  readonly b: GraphBuilder;
  /** [N,C,…spatial] */
  readonly term: () => Value;
  /** The units of a layer; empty for the input. */
  readonly units: readonly UnitTerm[];
}

/** The input first, then the layers. @throws {TargetError} if the input is not an image of fixed size */
export function layersOf(full: FullGradient, convention: Convention): readonly Layer[] {
  const { b, input, inputTerm, units } = full;
  const size = input.fact.shape.slice(2);
  if (size.length === 0 || !isStatic(size)) {
    throw new TargetError(
      `input "${input.name}" is [${input.fact.shape.join(",")}]; a map needs an image [N,C,H,W] of fixed ` +
        "height and width (give them with --size HxW)",
    );
  }
  const blocks = blocksOf(units, convention).map((members): Layer => {
    const at = b.within(members[0]!.unit.node);
    const term = (): Value =>
      members.map((unit) => unit.positions()).reduce((p, q) => at.add(p, q, "block/term"));
    return { b: at, term, units: members };
  });
  return [{ b: b.within("input"), term: () => inputTerm, units: [] }, ...blocks];
}

/**
 * The units of each map. In `paper2019` a convolution and the BatchNormalization after it are one block with one bias;
 * in `head` they are two.
 */
function blocksOf(units: readonly UnitTerm[], convention: Convention): UnitTerm[][] {
  const layers = new Map<string, UnitTerm[]>();
  for (const term of units.filter(({ unit }) => unit.spatial)) {
    const { node, normalizes } = term.unit;
    const block = convention === "paper2019" && normalizes ? layers.get(normalizes) : undefined;
    if (block) block.push(term);
    else layers.set(node, [term]);
  }
  return [...layers.values()];
}

/**
 * The sum of maps [N,1,…spatial] of several sizes, resized to the image. Resizing is linear, so maps of equal size are
 * added first and resized once.
 */
export function addMaps(
  { b, input }: FullGradient,
  maps: readonly Value[],
  convention: Convention,
): Value {
  const at = b.within("map");
  const size = input.fact.shape.slice(2).map(Number);
  const bySize = new Map<string, Value>();
  for (const map of maps) {
    const key = map.fact.shape.slice(2).join("x");
    const other = bySize.get(key);
    bySize.set(key, other ? at.add(other, map, key) : map);
  }
  return [...bySize.values()]
    .map((map) => resizeMap(at, map, size, convention))
    .reduce((p, q) => at.add(p, q, "sum"));
}
