import { differentiate, type Gradients } from "../autodiff/differentiate.js";
import { planBiases, type BiasPlan, type BiasUnit } from "../analyzer/bias-plan.js";
import { InputError, TargetError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import type { Dim } from "../tensor/shape.js";
import { perSample } from "./per-sample.js";
import { emitTarget, type TargetKind, type TargetNodes } from "./target.js";

/** One unit's part of the output, g ⊙ b summed over the unit's nodes. */
export interface UnitTerm {
  readonly unit: BiasUnit;
  /** [N]: its signed sum. */
  readonly sum: Value;
  /** The whole term, in the shape of the unit's output. Emitted when it is asked for. */
  readonly term: () => Value;
  /** Gradient and bias, where the bias is one constant per channel, [1,C,1,1]. */
  readonly perChannel?: { readonly gradient: Value; readonly bias: Value };
}

/** The full-gradient of an output, as graph under construction. */
export interface FullGradient {
  readonly b: GraphBuilder;
  readonly plan: BiasPlan;
  readonly input: Value;
  readonly output: Value;
  readonly target: TargetNodes;
  readonly gradients: Gradients;
  /** ∇ₓf, in the shape of the input. */
  readonly inputGradient: Value;
  /** ∇ₓf ⊙ x */
  readonly inputTerm: Value;
  readonly units: readonly UnitTerm[];
  /** [N, 1 + units]: the sums of the input term and of every unit's term, which add up to the score. */
  readonly sums: Value;
}

export interface FullGradientOptions {
  readonly input: string;
  readonly output: string;
  readonly target: TargetKind;
}

/**
 * f(x) = ⟨∇ₓf, x⟩ + Σ ⟨∂f/∂y, b⟩ over all bias-bearing nodes y = Σ Jᵢzᵢ + b (Srinivas & Fleuret, NeurIPS 2019,
 * extended to every differentiable node): the backward pass and the terms, added to a model's graph.
 *
 * @throws {TargetError} where the output is no class score or does not depend on the input
 * @throws {UnsupportedModelError} where a node on the way has no gradient
 */
export function emitFullGradient(
  graph: TypedGraph,
  registry: Registry,
  options: FullGradientOptions,
): FullGradient {
  const plan = planBiases(graph, registry, options.input, options.output);
  if (!plan.path.active.has(options.output)) {
    throw new TargetError(`output "${options.output}" does not depend on input "${options.input}"`);
  }
  const b = GraphBuilder.on(graph, registry.infer);
  const input = b.value(options.input);
  const output = b.value(options.output);
  const target = emitTarget(b, graph, output, options.target);
  const seeds = new Map([[options.output, target.seed]]);
  const gradients = differentiate(b, graph, registry, seeds, plan.path.active);
  const inputGradient = gradients.of(options.input);
  if (!inputGradient) throw new InputError(`nothing flows back to input "${options.input}"`);

  const batch = input.fact.shape[0] ?? 1;
  const inputTerm = b.within("input").mul(inputGradient, input, "term");
  const units = plan.units.flatMap((unit) => emitUnit(b, unit, gradients, batch) ?? []);
  const at = b.within("sums");
  const columns = [perSample(b.within("input"), inputTerm, batch), ...units.map((u) => u.sum)];
  const sums = at.concat(
    columns.map((sum) => at.reshape(sum, [batch, 1])),
    1,
    "terms",
  );
  return { b, plan, input, output, target, gradients, inputGradient, inputTerm, units, sums };
}

function emitUnit(
  b: GraphBuilder,
  unit: BiasUnit,
  gradients: Gradients,
  batch: Dim,
): UnitTerm | undefined {
  const parts = unit.sites.flatMap((site) => {
    const gradient = gradients.of(site.output);
    return gradient ? [{ gradient, bias: site.rule.emit(b.within(site.node.name)) }] : [];
  });
  const [first] = parts;
  if (!first) return undefined;
  const at = b.within(unit.node);
  const bias = parts.length === 1 ? channelBias(first.gradient, first.bias) : undefined;
  if (bias) {
    const { gradient } = first;
    const overSpace = at.sum(gradient, [2, 3], true, "bias/gradient");
    return {
      unit,
      sum: perSample(at, at.mul(overSpace, bias, "bias/sum"), batch),
      term: () => at.mul(gradient, bias, "bias/term"),
      perChannel: { gradient, bias },
    };
  }
  let whole: Value | undefined;
  const term = (): Value =>
    (whole ??= parts
      .map(({ gradient, bias: value }) => at.mul(gradient, value, "bias/term"))
      .reduce((p, q) => at.add(p, q, "bias/term")));
  return { unit, sum: perSample(at, term(), batch), term };
}

/** The bias, where it is [1,C,1,1] beside a gradient [N,C,h,w]. */
function channelBias(gradient: Value, bias: Value): Value | undefined {
  const [shape, against] = [bias.fact.shape, gradient.fact.shape];
  const fits =
    shape.length === 4 &&
    against.length === 4 &&
    shape[0] === 1 &&
    typeof shape[1] === "number" &&
    shape[1] === against[1] &&
    shape[2] === 1 &&
    shape[3] === 1;
  return fits ? bias : undefined;
}
