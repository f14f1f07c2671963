import type { Backend, Executable } from "../backends/backend.js";
import type { BiasPlan, BiasUnit } from "../analysis/bias-plan.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { finishGraph } from "../passes/finishing/finish-graph.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";
import { contrastFeeds, type ResolvedContrast, type TargetForm } from "../target/contrast.js";
import type { ExplainedGraph } from "./explained-graph.js";
import { feedsOf } from "./feeds.js";
import type { FullGradient, RuleContext } from "../decomposition/full-gradient.js";
import { withReplacedValue } from "./replaced-value.js";
import { runBatch } from "./run-batch.js";
import { emitTarget, type Quantity, type TargetNodes } from "../target/target.js";

/** A model's graph with the explained scalar, to which a question adds nodes. */
export interface QuestionContext {
  readonly b: GraphBuilder;
  readonly graph: TypedGraph;
  readonly registry: Registry;
  readonly input: Value;
  /** The model's output. */
  readonly output: Value;
  readonly target: TargetNodes;
}

/** The inputs and outputs that a question adds to a graph, by role. */
export interface NamedValues {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly inputs?: Readonly<Record<string, Value>>;
  /** Parts of the answer that are known at compile time. */
  readonly notes?: Readonly<Record<string, number | string>>;
}

/** A compiled question. Its inputs and outputs are named by their roles. */
export interface Compiled {
  readonly executable: Executable;
  readonly outputs: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
  /** Units whose terms the graph sums, in order. */
  readonly units: readonly BiasUnit[];
  readonly notes: Readonly<Record<string, number | string>>;
}

/** Compiles each kind of question about a model once, on first use. */
export class Compiler {
  readonly explained: ExplainedGraph;
  /** The fastest batch size for many samples. */
  readonly batch: number;
  private readonly registry: Registry;
  private readonly backend: Backend;
  private readonly compiled = new Map<string, Promise<Compiled>>();

  constructor(explained: ExplainedGraph, registry: Registry, backend: Backend) {
    this.explained = explained;
    this.registry = registry;
    this.backend = backend;
    this.batch = backend.batch ?? 1;
  }

  /** The explained graph of the model. */
  get graph(): TypedGraph {
    return this.explained.graph;
  }

  /**
   * Compiles a question about the model and a target.
   *
   * @param replaced a value inside the model that is given from outside, under the role "replaced"
   */
  forward(
    key: string,
    form: TargetForm,
    emit: (site: QuestionContext) => NamedValues,
    replaced?: string,
  ): Promise<Compiled> {
    return this.once(`${key}/${keyOf(form)}`, async () => {
      const { registry, explained } = this;
      const part = explained.part(form.quantity);
      const graph = replaced === undefined ? part.graph : withReplacedValue(part.graph, replaced);
      const b = GraphBuilder.on(graph, registry.infer);
      const input = b.value(explained.input);
      const batch = input.fact.shape[0] ?? 1;
      const target = emitTarget(b, b.value(part.output), form.kind, batch, form.versus);
      const site = { b, graph, registry, input, output: b.value(explained.output), target };
      const roles = emit(site);
      const given = replaced === undefined ? {} : { replaced: b.value(replaced) };
      return this.build(b, target, { ...roles, inputs: { ...roles.inputs, ...given } }, []);
    });
  }

  /** Compiles a question about the gradient. */
  backward(
    key: string,
    form: TargetForm,
    emit: (full: FullGradient) => NamedValues,
    rules?: (at: RuleContext) => Registry,
  ): Promise<Compiled> {
    return this.once(`${key}/${keyOf(form)}`, async () => {
      const full = this.explained.fullGradient(form, rules);
      const units = full.units.map(({ unit }) => unit);
      return this.build(full.b, full.target, emit(full), units);
    });
  }

  /** Compiles a graph without target, such as the model itself. */
  plain(key: string, make: () => TypedGraph): Promise<Compiled> {
    return this.once(key, async () => {
      const graph = make();
      const outputs = Object.fromEntries(graph.outputs.map(({ name }) => [name, name]));
      return {
        executable: await this.backend.compile(finishGraph(graph, this.registry)),
        outputs,
        inputs: {},
        units: [],
        notes: {},
      };
    });
  }

  /**
   * Runs a compiled question on a batch, in pieces if the model's batch size is fixed.
   *
   * `others` are values of the model's other inputs, `roles` those of the inputs that the question added.
   */
  async run(
    compiled: Compiled,
    x: Tensor,
    { target, others, roles = {} }: RunFeeds = {},
  ): Promise<Tensors> {
    const { declared: graph, input } = this.explained;
    const feeds = new Map(feedsOf(graph, input, x, others));
    const added = new Map(Object.entries(roles));
    if (target) for (const [role, t] of contrastFeeds(target, x.dims[0]!)) added.set(role, t);
    for (const [role, name] of Object.entries(compiled.inputs)) {
      const value = added.get(role);
      if (value) feeds.set(name, value);
    }
    const batch = graph.facts.get(input)!.shape[0] ?? 1;
    const fixed = graph.inputs.filter((i) => i.name !== input && i.fact.shape[0] !== batch);
    const names = new Set(fixed.map((i) => i.name));
    const batched = new Set([...feeds.keys()].filter((name) => !names.has(name)));
    const count = x.dims[0]!;
    const declared = this.graph.facts.get(input)!.shape[0] ?? 1;
    const results = await runBatch(compiled.executable, feeds, { count, declared, batched });
    const { outputs } = compiled;
    return new Map(Object.entries(outputs).map(([role, name]) => [role, results.get(name)!]));
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const all = [...this.compiled.values()];
    this.compiled.clear();
    // Compilation errors have been reported to the caller of the question.
    for (const result of await Promise.allSettled(all)) {
      if (result.status === "fulfilled") await result.value.executable.dispose();
    }
  }

  /** The bias plan of the explained quantity. */
  plan(quantity: Quantity): BiasPlan {
    return this.explained.plan(quantity);
  }

  private once(key: string, make: () => Promise<Compiled>): Promise<Compiled> {
    const known = this.compiled.get(key);
    if (known) return known;
    // A failed compilation is not cached: the error belongs to the question, not to the model.
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
    { outputs, inputs = {}, notes = {} }: NamedValues,
    units: readonly BiasUnit[],
  ): Promise<Compiled> {
    const entries = Object.entries({ ...outputs, score: target.score, target: target.target });
    const graph = b.build(entries.map(([name, value]) => ({ name, value })));
    const names = entries.map(([role], i) => [role, graph.outputs[i]!.name]);
    const added = Object.entries(inputs).map(([role, value]) => [role, value.name]);
    return {
      executable: await this.backend.compile(finishGraph(graph, this.registry)),
      outputs: Object.fromEntries(names) as Record<string, string>,
      inputs: { ...target.inputs, ...(Object.fromEntries(added) as Record<string, string>) },
      units,
      notes,
    };
  }
}

/** Further values of a run. */
export interface RunFeeds {
  readonly target?: ResolvedContrast;
  readonly others?: Tensors;
  readonly roles?: Readonly<Record<string, Tensor>>;
}

const keyOf = ({ kind, versus, quantity }: TargetForm): string =>
  `${quantity}/${kind}${versus ? "/versus" : ""}`;
