import { differentiate, type Gradients } from "../autodiff/differentiate.js";
import { channelReduction, type ChannelReduction } from "../analysis/channel-reduction.js";
import { planBiases, type BiasPlan, type BiasUnit } from "../analysis/bias-plan.js";
import type { BiasSite } from "../analysis/find-biases.js";
import type { PointwiseRegion } from "../analysis/regions.js";
import { InputError, TargetError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { fromNumbers, full } from "../tensor/tensor.js";
import type { Dim } from "../tensor/shape.js";
import type { TracedAxes } from "../analysis/traced-axes.js";
import { layerByLayer, type Columns, type LayerReduction } from "./layer-by-layer.js";
import { perSample } from "./per-sample.js";
import { stepTerm } from "./step-term.js";
import { isRestored, toImageOrder } from "./spatial-positions.js";
import { emitTarget, type TargetKind, type TargetNodes } from "../target/target.js";

/** One unit's term of the output, g ⊙ b summed over the unit's nodes. */
export interface UnitTerm {
  readonly unit: BiasUnit;
  /** The columns whose sum is its signed sum. Emitted on first use. */
  readonly columns: () => Columns;
  /** The whole term, in the shape of the unit's output. Emitted on first use. */
  readonly term: () => Value;
  /** The term of a spatial unit as [N,C,…spatial]. */
  readonly positions: () => Value;
  /** The term as a number times a tensor of its shape, if its node's bias has this form. */
  readonly factored?: { readonly factor: number; readonly part: () => Value };
  /** Channel reduction of a spatial unit whose term is not [N,C,…spatial]. */
  readonly reduction?: ChannelReduction;
  /** The gradient at a spatial unit's output as [N,C,…spatial]. */
  readonly gradient: () => Value;
  /** Gradient [N,C,…spatial] and bias [1,C,1,…], if the bias is one number per channel. */
  readonly perChannel?: { readonly gradient: Value; readonly bias: Value };
}

/** The full-gradient of an output, as a graph under construction. */
export interface FullGradient extends RuleContext {
  readonly output: Value;
  readonly gradients: Gradients;
  /** A copy for another target, which emits its own sums. */
  readonly anew: () => FullGradient;
  /** ∇ₓf, in the shape of the input. */
  readonly inputGradient: Value;
  /** ∇ₓf ⊙ x */
  readonly inputTerm: Value;
  readonly units: readonly UnitTerm[];
  /**
   * [N, 1 + units]: the sums of the input term and of every unit's term, which add up to the score. Emitted on first
   * use.
   */
  readonly sums: Value;
  /** The sums, to be computed together with other reductions of the same layers; undefined once emitted. */
  readonly alongside?: () => Alongside | undefined;
}

/** The sums as a reduction to be computed with others, and a callback for its result. */
export interface Alongside {
  /** Emits the columns of the input and of the units up to this one. */
  readonly upTo: (unit: UnitTerm | undefined) => void;
  readonly reduction: () => LayerReduction;
  readonly settle: (sums: Value) => void;
}

export interface FullGradientOptions {
  readonly input: string;
  readonly output: string;
  /** The model's output, if the explained quantity is derived from it. */
  readonly own?: string;
  readonly target: TargetKind;
  /** Whether the score of a second class is subtracted for each sample. */
  readonly versus?: boolean;
  /** The bias plan of this graph, if known. */
  readonly plan?: BiasPlan;
  /** Rules of the backward pass, if they differ from the gradient's. */
  readonly rules?: (at: RuleContext) => Registry;
}

/** The graph and analysis available to a choice of rules. */
export interface RuleContext {
  readonly b: GraphBuilder;
  /** The model's forward graph. */
  readonly graph: TypedGraph;
  readonly registry: Registry;
  readonly plan: BiasPlan;
  readonly input: Value;
  /** The value to differentiate: the output, or the quantity derived from it. */
  readonly explained: Value;
  readonly target: TargetNodes;
}

/**
 * f(x) = ⟨∇ₓf, x⟩ + Σ ⟨∂f/∂y, b⟩ over all bias-bearing nodes y = Σ Jᵢzᵢ + b (Srinivas & Fleuret, NeurIPS 2019,
 * extended to every differentiable node): the backward pass and the terms, added to a model's graph.
 *
 * @throws {TargetError} if the output is not a class score or does not depend on the input
 * @throws {UnsupportedModelError} if a node on the path has no gradient
 */
export function emitFullGradient(
  graph: TypedGraph,
  registry: Registry,
  options: FullGradientOptions,
): FullGradient {
  const plan = options.plan ?? planBiases(graph, registry, options.input, options.output);
  if (!plan.path.active.has(options.output)) {
    throw new TargetError(`output "${options.output}" does not depend on input "${options.input}"`);
  }
  const b = GraphBuilder.on(graph, registry.infer);
  const input = b.value(options.input);
  const output = b.value(options.output);
  const batch = input.fact.shape[0] ?? 1;
  const target = emitTarget(b, output, options.target, batch, options.versus);
  const seeds = new Map([[options.output, target.seed]]);
  const rules =
    options.rules?.({ b, graph, registry, plan, input, explained: output, target }) ?? registry;
  const regions = plan.units.flatMap(({ region }) => {
    const form = rules === registry ? region?.form : undefined;
    return region && form ? [{ ...region, slope: form.slope }] : [];
  });
  const gradients = differentiate(b, graph, rules, seeds, plan.path.active, regions);
  const inputGradient = gradients.of(options.input);
  if (!inputGradient) throw new InputError(`the gradient does not reach input "${options.input}"`);

  const inputTerm = b.within("input").mul(inputGradient, input, "term");
  const units = plan.units.flatMap((unit) => emitUnit(b, registry, unit, gradients, batch) ?? []);
  const ofInput = once(() => wholeSum(b.within("input"), inputTerm, batch));
  const columnsOf = (some: readonly UnitTerm[]): Columns[] => [
    ofInput(),
    ...some.map((unit) => unit.columns()),
  ];
  const reduction = (): LayerReduction => ({ by: "sum", layers: columnsOf(units) });
  const upTo = (unit: UnitTerm | undefined): void => {
    columnsOf(units.slice(0, unit ? units.indexOf(unit) + 1 : 0));
  };
  const anew = (): FullGradient => {
    let sums: Value | undefined;
    return {
      b,
      graph,
      registry,
      plan,
      input,
      output: options.own === undefined ? output : b.value(options.own),
      explained: output,
      target,
      gradients,
      inputGradient,
      inputTerm,
      units,
      get sums() {
        return (sums ??= layerByLayer(b.within("sums"), [reduction()]).reduced[0]!);
      },
      alongside: () =>
        sums ? undefined : { upTo, reduction, settle: (found) => void (sums = found) },
      anew,
    };
  };
  return anew();
}

/** Memoises `emit`. */
function once<T>(emit: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= emit());
}

/** The sum of a whole term. */
function wholeSum(b: GraphBuilder, term: Value, batch: Dim, layout?: TracedAxes): Columns {
  return { values: b.reshape(perSample(b, term, batch, layout), [batch, 1]) };
}

function emitUnit(
  b: GraphBuilder,
  registry: Registry,
  unit: BiasUnit,
  gradients: Gradients,
  batch: Dim,
): UnitTerm | undefined {
  const sites = unit.sites.flatMap((site) => {
    const gradient = gradients.of(site.output);
    return gradient ? [{ site, gradient }] : [];
  });
  const [first] = sites;
  if (!first) return undefined;
  const at = b.within(unit.node);
  const placed = (value: Value): Value =>
    unit.restoration ? toImageOrder(at, value, unit.restoration) : value;
  if (first.site.node.step) {
    const steps = once(() => stepTerm(at, registry, sites));
    return {
      unit,
      columns: once(() => wholeSum(at, steps().term, batch, unit.layout)),
      term: () => steps().term,
      positions: () => placed(steps().term),
      gradient: () => placed(steps().gradient),
    };
  }
  const { region } = unit;
  const biasOf = ({ node, rule }: BiasSite): Value => rule.emit(b.within(node.name));
  const exit = region?.form ? gradients.of(region.exit.outputs[0]!) : undefined;
  const own = sites.length === 1 ? first.site.rule.factored : exit && region?.form?.bias;
  const bias = sites.length === 1 && !own ? biasOf(first.site) : undefined;
  const part =
    own &&
    once(() => {
      const inside = b.within(region?.exit.name ?? first.site.node.name);
      return at.mul(exit ?? first.gradient, own.emit(inside), "bias/part");
    });
  const term = once((): Value => {
    if (own && part) return at.mulScalar(part(), own.factor, "bias/term");
    return (
      (region && remainder(at, region, gradients)) ??
      sites
        .map(({ site, gradient }) => at.mul(gradient, bias ?? biasOf(site), "bias/term"))
        .reduce((p, q) => at.add(p, q, "bias/term"))
    );
  });
  const { restoration } = unit;
  const isPlain = !restoration || isRestored(first.gradient.fact.shape, restoration);
  const reduction = isPlain
    ? undefined
    : channelReduction(unit.layout, restoration.shape.length - 2, batch);
  const factored = own && part && (isPlain || reduction) ? { factor: own.factor, part } : undefined;
  const views = {
    term,
    ...(factored ? { factored } : {}),
    ...(reduction ? { reduction } : {}),
    positions: () => placed(term()),
    gradient: () => placed(sites.at(-1)!.gradient),
  };
  const { gradient } = first;
  const perChannel = bias && channelBias(unit, gradient, bias);
  const sum = (): Columns => {
    if (perChannel) return channelSums(at, gradient, perChannel);
    if (restoration && isPlain) {
      const value = factored ? factored.part() : term();
      const dims = [1, Number(value.fact.shape[1])];
      const factor = full(value.fact.dtype, dims, factored?.factor ?? 1);
      return channelSums(at, value, at.constant(factor, "factor"));
    }
    if (!factored) return wholeSum(at, term(), batch, unit.layout);
    const { values } = wholeSum(at, factored.part(), batch, unit.layout);
    const weight = fromNumbers(values.fact.dtype, [1, 1], [factored.factor]);
    return { values, weights: at.constant(weight) };
  };
  const columns = once(sum);
  return {
    unit,
    columns,
    ...views,
    ...(perChannel && { perChannel: { gradient, bias: perChannel } }),
  };
}

/** The columns of a value [N,C,…spatial]: a sum per channel, weighted by [1,C,…]. */
function channelSums(b: GraphBuilder, value: Value, weights: Value): Columns {
  const [, channels, ...positions] = value.fact.shape;
  const axes = positions.map((_, i) => i + 2);
  return { values: b.sum(value, axes, false, "sum"), weights: b.reshape(weights, [1, channels!]) };
}

/**
 * The term of a pointwise region as the difference dy ⊙ y − dx ⊙ x: three nodes instead of ten for the biases of a
 * GELU's five nodes. The bias rules of the nodes are the definition; a test compares the two.
 */
function remainder(
  b: GraphBuilder,
  { entry, exit, nodes }: PointwiseRegion,
  gradients: Gradients,
): Value | undefined {
  const y = exit.outputs[0]!;
  const dy = gradients.of(y);
  const dx = gradients.steps
    .filter(({ view }) => nodes.has(view.name))
    .flatMap(({ parts }) => parts.filter((part) => part.input.name === entry));
  if (!dy) return undefined;
  const arrived = b.mul(dy, b.value(y), "bias/in");
  if (dx.length === 0) return arrived;
  const sent = dx.map(({ gradient }) => gradient).reduce((p, q) => b.add(p, q, "bias/dx"));
  return b.sub(arrived, b.mul(sent, b.value(entry), "bias/out"), "bias/term");
}

/** The bias, if it is [1,C,1,…] and its gradient [N,C,…spatial]. */
function channelBias(unit: BiasUnit, gradient: Value, bias: Value): Value | undefined {
  const [shape, against] = [bias.fact.shape, gradient.fact.shape];
  const fits =
    unit.restoration !== undefined &&
    isRestored(against, unit.restoration) &&
    shape.length === against.length &&
    typeof shape[1] === "number" &&
    shape[1] === against[1] &&
    shape.every((d, i) => i === 1 || d === 1);
  return fits ? bias : undefined;
}
