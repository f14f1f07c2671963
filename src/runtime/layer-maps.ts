import type { Value } from "../onnx/ir.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";
import type { Compiler } from "./compiler.js";
import { formOf, type ResolvedContrast } from "../target/contrast.js";
import type { FullGradient, UnitTerm } from "../decomposition/full-gradient.js";
import { weightedSum } from "../decomposition/psi.js";
import { reportUnit, samplesOf, type SampleResult, type UnitReport } from "./samples.js";

/** Signed maps of each layer's contribution to the score, at the layer's own size. */
export interface LayerMaps {
  /** [N,1,…spatial]: ∇ₓf ⊙ x summed over channels; its sum is the sample's input term. */
  readonly inputMap: Tensor;
  /** In network order. The sum of a map is the unit's term; a unit without spatial axes has no map. */
  readonly units: readonly { readonly unit: UnitReport; readonly map?: Tensor }[];
  readonly samples: readonly SampleResult[];
}

/** The maps of the input term and of every unit. */
export async function mapLayers(
  compiler: Compiler,
  x: Tensor,
  asked: { readonly target: ResolvedContrast; readonly others?: Tensors },
): Promise<LayerMaps> {
  const compiled = await compiler.backward("layers", formOf(asked.target), (full) => {
    const maps = full.units.map((unit, i) => [`map${i}`, emitUnitMap(full, unit)] as const);
    const some = maps.flatMap(([role, map]) => (map ? [[role, map] as const] : []));
    const { sums } = full;
    return { outputs: { inputMap: emitInputMap(full), sums, ...Object.fromEntries(some) } };
  });
  const results = await compiler.run(compiled, x, asked);
  const units = compiled.units.map((unit, i) => {
    const map = results.get(`map${i}`);
    return { unit: reportUnit(unit), ...(map ? { map } : {}) };
  });
  const samples = samplesOf(compiled, results, asked.target);
  return { inputMap: results.get("inputMap")!, units, samples };
}

/** Σ_c (∇ₓf ⊙ x)_c, [N,1,…spatial]. */
function emitInputMap({ b, inputTerm }: FullGradient): Value {
  return b.within("input").sum(inputTerm, [1], true, "layer_map");
}

/** Σ_c (g ⊙ b)_c of a spatial unit, [N,1,…spatial]. */
function emitUnitMap({ b }: FullGradient, term: UnitTerm): Value | undefined {
  const { unit, perChannel } = term;
  if (!unit.spatial) return undefined;
  const at = b.within(unit.node);
  if (!perChannel) return at.sum(term.positions(), [1], true, "layer_map");
  const { gradient, bias } = perChannel;
  return weightedSum(at, gradient, at.reshape(bias, [1, 1, Number(gradient.fact.shape[1])]));
}
