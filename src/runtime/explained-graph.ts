import { planBiases, type BiasPlan } from "../analysis/bias-plan.js";
import {
  emitFullGradient,
  type FullGradient,
  type RuleContext,
} from "../decomposition/full-gradient.js";
import { hasBatch } from "../decomposition/per-sample.js";
import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { prepare } from "../passes/prepare.js";
import type { TargetForm } from "../target/contrast.js";
import { withLogProbabilities } from "../target/log-probability.js";
import type { Quantity } from "../target/target.js";
import { targetPort, type TargetPort } from "../target/resolve.js";
import { withBatch } from "./sizes.js";
import { checkExplainable, samplesOf } from "./subgraph.js";

/** The names of the explained input and of the decomposed value. */
export interface Ports {
  readonly input: string;
  readonly output: string;
}

/** A graph up to the explained quantity, `output`. */
interface QuantityGraph {
  readonly graph: TypedGraph;
  readonly output: string;
}

/**
 * A prepared graph for all questions about it. Its biases are planned once, and it is differentiated once for each form of
 * target, on first use.
 */
export class ExplainedGraph implements Ports {
  /** With the file's batch extent, for the shapes in messages. */
  readonly declared: TypedGraph;
  readonly input: string;
  readonly output: string;
  private readonly registry: Registry;
  private readonly isOneSample: boolean;
  private readonly quantities = new Map<Quantity, QuantityGraph>();
  private readonly plans = new Map<TypedGraph, BiasPlan>();
  private readonly gradients = new Map<string, FullGradient>();
  private compiled: TypedGraph | undefined;
  private isChecked = false;

  /**
   * @param isOneSample whether an open batch is replaced by 1, for a single sample. ONNX Runtime (to 1.31) plans its memory
   *   by comparing all free buffers, and symbolic extents are slow to compare: the session of EfficientNet-lite0's map
   *   takes a quarter of the time.
   */
  constructor(
    graph: TypedGraph,
    registry: Registry,
    { input, output }: Ports,
    isOneSample = false,
  ) {
    this.input = input;
    this.output = output;
    this.registry = registry;
    this.isOneSample = isOneSample;
    this.declared = onePerSample(graph, registry, this);
  }

  /** The graph to compile: for one sample, if only one is requested or if samples mix. */
  get graph(): TypedGraph {
    return (this.compiled ??=
      typeof this.batch === "number" || (!this.isOneSample && this.isSeparable())
        ? this.declared
        : withBatchOfOne(this.declared, this.registry, this.input));
  }

  /** The properties of the explained output for targets. @throws {TargetError} if it has no batch axis */
  get port(): TargetPort {
    const { declared, output } = this;
    return targetPort({ name: output, fact: declared.facts.get(output)! }, this.batch);
  }

  /** The bias plan, with the file's batch extent unless samples mix. */
  get declaredPlan(): BiasPlan {
    return this.planOf(this.isOneSample ? this.graph : this.declared, this.output);
  }

  /** The graph up to a quantity. @throws {TargetError} if the output has no log-probabilities */
  part(quantity: Quantity): QuantityGraph {
    const known = this.quantities.get(quantity);
    if (known) return known;
    const { graph, input, output, registry } = this;
    const part =
      quantity === "score"
        ? { graph, output }
        : withLogProbabilities(graph, registry, input, output);
    this.quantities.set(quantity, part);
    return part;
  }

  /** The bias plan of a quantity. */
  plan(quantity: Quantity): BiasPlan {
    const { graph, output } = this.part(quantity);
    return this.planOf(graph, output);
  }

  /**
   * The full-gradient for a form of target, as a graph under construction to which questions add nodes.
   *
   * @param rules of the backward pass, if they differ from the gradient's
   * @throws {UnsupportedModelError} if a node on the path has no gradient
   */
  fullGradient(form: TargetForm, rules?: (at: RuleContext) => Registry): FullGradient {
    const { kind, versus, quantity } = form;
    const key = `${quantity}/${kind}/${versus}`;
    const known = rules ? undefined : this.gradients.get(key);
    if (known) return known.anew();
    const { graph, output } = this.part(quantity);
    const full = emitFullGradient(graph, this.registry, {
      ...{ input: this.input, output, own: this.output, target: kind, versus },
      plan: this.plan(quantity),
      ...(rules ? { rules } : {}),
    });
    if (!rules) this.gradients.set(key, full);
    return full;
  }

  /** @throws {UnsupportedModelError} @throws {TargetError} as {@link checkExplainable} */
  check(): void {
    if (this.isChecked) return;
    checkExplainable(this.declared, this.registry, this.input, this.output);
    this.isChecked = true;
  }

  private get batch(): number | string {
    return this.declared.facts.get(this.input)!.shape[0] ?? 1;
  }

  private isSeparable(): boolean {
    const { units } = this.planOf(this.declared, this.output);
    return units.every((unit) => hasBatch(unit.shape, this.batch, unit.layout));
  }

  private planOf(graph: TypedGraph, output: string): BiasPlan {
    const plan = this.plans.get(graph) ?? planBiases(graph, this.registry, this.input, output);
    this.plans.set(graph, plan);
    return plan;
  }
}

/**
 * The graph itself; or, if the samples of an open batch are not on the first axis of the output ([T,N,C] of a sequence),
 * the graph for one sample, whose output needs no batch axis.
 */
function onePerSample(graph: TypedGraph, registry: Registry, ports: Ports): TypedGraph {
  const [batch = 1] = graph.facts.get(ports.input)!.shape;
  if (typeof batch === "number" || samplesOf(graph, registry, ports)) return graph;
  return withBatchOfOne(graph, registry, ports.input);
}

const withBatchOfOne = (graph: TypedGraph, registry: Registry, input: string): TypedGraph =>
  prepare(graph, registry, withBatch(graph, input, 1));
