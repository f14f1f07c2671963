import type { Backend, Executable } from "../backends/backend.js";
import { planBiases, type BiasPlan, type BiasUnit } from "../analysis/bias-plan.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { prepare } from "../passes/prepare.js";
import { mergeCrops } from "../passes/merge-crops.js";
import { stageReductions } from "../passes/stage-reductions.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";
import { contrastFeeds, type ResolvedContrast, type TargetForm } from "../target/contrast.js";
import { feedsOf } from "./feeds.js";
import {
  emitFullGradient,
  type FullGradient,
  type RuleSite,
} from "../decomposition/full-gradient.js";
import { withLogProbabilities } from "../target/log-probability.js";
import { hasBatch } from "../decomposition/per-sample.js";
import { withReplacedValue } from "./replaced-value.js";
import { runBatch } from "./run-batch.js";
import { emitTarget, samplesFirst, type Quantity, type TargetNodes } from "../target/target.js";

/** A model's graph with the number that is explained: where a question begins. */
export interface Site {
  readonly b: GraphBuilder;
  readonly graph: TypedGraph;
  readonly registry: Registry;
  readonly input: Value;
  /** The model's own output. */
  readonly output: Value;
  readonly target: TargetNodes;
}

/** What a question adds to a graph, by the role that each value plays. */
export interface Roles {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly inputs?: Readonly<Record<string, Value>>;
  /** What is known of the answer before it is computed. */
  readonly notes?: Readonly<Record<string, number | string>>;
}

/** A compiled question. Its inputs and outputs go by their roles. */
export interface Compiled {
  readonly executable: Executable;
  readonly outputs: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
  /** Units whose terms the graph sums. */
  readonly units: readonly BiasUnit[];
  readonly notes: Readonly<Record<string, number | string>>;
}

/** What is compiled of the model: the graph up to one of its values. */
export interface Part {
  readonly graph: TypedGraph;
  readonly output: string;
  plan?: BiasPlan;
}

/** Compiles each kind of question about a model once, when it is first asked. */
export class Compiler {
  readonly graph: TypedGraph;
  /** How many samples are best run at once, where there are many. */
  readonly batch: number;
  private readonly registry: Registry;
  private readonly backend: Backend;
  private readonly input: string;
  private readonly parts = new Map<Quantity, Part>();
  private readonly compiled = new Map<string, Promise<Compiled>>();

  constructor(
    graph: TypedGraph,
    registry: Registry,
    backend: Backend,
    ports: { readonly input: string; readonly output: string },
  ) {
    this.registry = registry;
    this.backend = backend;
    this.batch = backend.batch ?? 1;
    this.input = ports.input;
    const score = separable(onePerSample(graph, registry, ports), registry, ports);
    this.graph = score.graph;
    this.parts.set("score", score);
  }

  /**
   * A question that needs the model and a target.
   *
   * @param replaced a value inside the model that is given from outside, under the role "replaced"
   */
  forward(
    key: string,
    form: TargetForm,
    emit: (site: Site) => Roles,
    replaced?: string,
  ): Promise<Compiled> {
    return this.once(`${key}/${keyOf(form)}`, async () => {
      const part = this.part(form.quantity);
      const { output } = part;
      const { registry } = this;
      const graph = replaced === undefined ? part.graph : withReplacedValue(part.graph, replaced);
      const b = GraphBuilder.on(graph, registry.infer);
      const [input, explained] = [b.value(this.input), b.value(output)];
      const batch = input.fact.shape[0] ?? 1;
      const target = emitTarget(b, explained, form.kind, batch, form.versus);
      const own = b.value(this.part("score").output);
      const site = { b, graph, registry, input, output: own, target };
      const roles = emit(site);
      const given = replaced === undefined ? {} : { replaced: b.value(replaced) };
      return this.build(b, target, { ...roles, inputs: { ...roles.inputs, ...given } }, []);
    });
  }

  /** A question that needs the gradient. */
  backward(
    key: string,
    form: TargetForm,
    emit: (full: FullGradient) => Roles,
    rules?: (at: RuleSite) => Registry,
  ): Promise<Compiled> {
    return this.once(`${key}/${keyOf(form)}`, async () => {
      const part = this.part(form.quantity);
      const { graph, output } = part;
      const full = emitFullGradient(graph, this.registry, {
        input: this.input,
        output,
        own: this.part("score").output,
        target: form.kind,
        versus: form.versus,
        plan: this.plan(form.quantity),
        ...(rules ? { rules } : {}),
      });
      const units = full.units.map(({ unit }) => unit);
      return this.build(full.b, full.target, emit(full), units);
    });
  }

  /** A graph with no target, such as the model itself. */
  plain(key: string, make: () => TypedGraph): Promise<Compiled> {
    return this.once(key, async () => {
      const graph = make();
      const outputs = Object.fromEntries(graph.outputs.map(({ name }) => [name, name]));
      return {
        executable: await this.backend.compile(
          stageReductions(mergeCrops(graph), this.registry.infer),
        ),
        outputs,
        inputs: {},
        units: [],
        notes: {},
      };
    });
  }

  /**
   * Runs a compiled question on a batch, in pieces where the model's own batch is fixed.
   *
   * @param others values of the model's other inputs
   * @param roles values of the inputs that the question added
   */
  async run(
    compiled: Compiled,
    x: Tensor,
    { target, others, roles = {} }: RunFeeds = {},
  ): Promise<Tensors> {
    const { graph, input } = this;
    const feeds = new Map(feedsOf(graph, input, x, others));
    const added = new Map(Object.entries(roles));
    if (target) for (const [role, t] of contrastFeeds(target, x.dims[0]!)) added.set(role, t);
    for (const [role, name] of Object.entries(compiled.inputs)) {
      const value = added.get(role);
      if (value) feeds.set(name, value);
    }
    const declared = graph.facts.get(input)!.shape[0] ?? 1;
    const fixed = graph.inputs.filter((i) => i.name !== input && i.fact.shape[0] !== declared);
    const names = new Set(fixed.map((i) => i.name));
    const batched = new Set([...feeds.keys()].filter((name) => !names.has(name)));
    const count = x.dims[0]!;
    const results = await runBatch(compiled.executable, feeds, { count, declared, batched });
    const { outputs } = compiled;
    return new Map(Object.entries(outputs).map(([role, name]) => [role, results.get(name)!]));
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const all = [...this.compiled.values()];
    this.compiled.clear();
    // What could not be compiled has been reported where it was asked for.
    for (const result of await Promise.allSettled(all)) {
      if (result.status === "fulfilled") await result.value.executable.dispose();
    }
  }

  /** The analysis of the model up to the quantity that is explained. */
  plan(quantity: Quantity): BiasPlan {
    const part = this.part(quantity);
    return (part.plan ??= planBiases(part.graph, this.registry, this.input, part.output));
  }

  private part(quantity: Quantity): Part {
    const known = this.parts.get(quantity);
    if (known) return known;
    const { graph, output } = this.part("score");
    const part = withLogProbabilities(graph, this.registry, this.input, output);
    this.parts.set(quantity, part);
    return part;
  }

  private once(key: string, make: () => Promise<Compiled>): Promise<Compiled> {
    const known = this.compiled.get(key);
    if (known) return known;
    // What fails is asked again: the error belongs to the question, not to the model.
    const fresh = make().catch((error: unknown) => {
      this.compiled.delete(key);
      throw error;
    });
    this.compiled.set(key, fresh);
    return fresh;
  }

  private async build(
    b: GraphBuilder,
    target: TargetNodes,
    { outputs, inputs = {}, notes = {} }: Roles,
    units: readonly BiasUnit[],
  ): Promise<Compiled> {
    const entries = Object.entries({ ...outputs, score: target.score, target: target.target });
    const graph = b.build(entries.map(([name, value]) => ({ name, value })));
    const names = entries.map(([role], i) => [role, graph.outputs[i]!.name]);
    const added = Object.entries(inputs).map(([role, value]) => [role, value.name]);
    return {
      executable: await this.backend.compile(
        stageReductions(mergeCrops(graph), this.registry.infer),
      ),
      outputs: Object.fromEntries(names) as Record<string, string>,
      inputs: { ...target.inputs, ...(Object.fromEntries(added) as Record<string, string>) },
      units,
      notes,
    };
  }
}

/** Values for a run beside the image. */
export interface RunFeeds {
  readonly target?: ResolvedContrast;
  readonly others?: Tensors;
  readonly roles?: Readonly<Record<string, Tensor>>;
}

const keyOf = ({ kind, versus, quantity }: TargetForm): string =>
  `${quantity}/${kind}${versus ? "/versus" : ""}`;

/**
 * The graph itself, or, where the samples of an open batch do not lie on the first axis of the output ([T,N,C] of a
 * sequence), for one sample at a time, whose output needs no axis for them.
 */
export function onePerSample(
  graph: TypedGraph,
  registry: Registry,
  { input, output }: Ports,
): TypedGraph {
  const [batch = 1] = graph.facts.get(input)!.shape;
  const isFirst = samplesFirst(graph.facts.get(output)!.shape, batch) !== undefined;
  return isFirst || typeof batch === "number" ? graph : withBatchOfOne(graph, registry, batch);
}

function withBatchOfOne(graph: TypedGraph, registry: Registry, batch: string): TypedGraph {
  const one = graph.inputs.flatMap(({ name, fact: { shape } }) =>
    shape[0] === batch ? [[name, [1, ...shape.slice(1)]] as const] : [],
  );
  return prepare(graph, registry, new Map(one));
}

interface Ports {
  readonly input: string;
  readonly output: string;
}

/** The graph itself, or, where it mixes its samples in a way that cannot be followed, for one sample at a time. */
export function separable(graph: TypedGraph, registry: Registry, { input, output }: Ports): Part {
  const [batch = 1] = graph.facts.get(input)!.shape;
  const plan = planBiases(graph, registry, input, output);
  const isSeparable = plan.units.every((u) => hasBatch(u.shape, batch, u.layout));
  if (typeof batch === "number" || isSeparable) return { graph, output, plan };
  return { graph: withBatchOfOne(graph, registry, batch), output };
}
