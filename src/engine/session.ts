import type { Backend, Executable, Tensors } from "../backends/backend.js";
import { planBiases, type BiasUnit } from "../analyzer/bias-plan.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import { prepare } from "../passes/prepare.js";
import { toNumbers, type Tensor } from "../tensor/tensor.js";
import { emitNodeSums, gapOf, type NodeGap, type NodeSums } from "./bisect.js";
import { sliceBatch } from "./batches.js";
import { hasBatch } from "./per-sample.js";
import { completenessOf, type Completeness } from "./completeness.js";
import { emitFullGradient, type FullGradient } from "./full-gradient.js";
import { feedsOf, targetFeed } from "./feeds.js";
import type { Method } from "./method.js";
import type { Convention } from "./psi.js";
import { runBatch } from "./run-batch.js";
import { chooseInput, chooseOutput } from "./ports.js";
import { kindOf, type ResolvedTarget, type Target, type TargetKind } from "./target.js";
import { resolveTarget, targetPort } from "./target-words.js";

/** What one unit adds to one sample's output. */
export interface TermSum {
  readonly unit: BiasUnit;
  readonly value: number;
}

/** One sample's output, taken apart. */
export interface SampleResult {
  /** The class that is explained, or the words of a target of another kind; "seed" where it was given as one. */
  readonly target: number | string;
  /** f(x): the number that is explained. */
  readonly score: number;
  readonly completeness: Completeness;
  readonly terms: readonly TermSum[];
}

export interface SessionExplanation {
  /** [N,1,H,W] float32, un-normalised. */
  readonly map: Tensor;
  /** [N,C,H,W], for methods that attribute to the input. */
  readonly attribution?: Tensor;
  /** The model's own output, [N,K] or of another shape. */
  readonly output: Tensor;
  readonly samples: readonly SampleResult[];
}

export interface FullGradientResult {
  /** ∇ₓf, in the shape of the input. */
  readonly inputGradient: Tensor;
  /** ∇ₓf ⊙ x */
  readonly inputTerm: Tensor;
  /** g ⊙ b of every unit, in the shape of the unit's output. */
  readonly biasTerms: readonly { readonly unit: BiasUnit; readonly term: Tensor }[];
  readonly samples: readonly SampleResult[];
}

export interface SessionOptions {
  /** The input that is explained; the only one of four dimensions unless given. */
  readonly input?: string;
  /** The output that is decomposed; the first one unless given. */
  readonly output?: string;
}

/** What a compiled graph gives, by the role that its outputs play. */
interface Compiled {
  readonly executable: Executable;
  readonly units: readonly BiasUnit[];
  readonly names: Readonly<Record<string, string>>;
  readonly targetInput: string | undefined;
}

/**
 * A model on an engine. Each kind of question is compiled once, when it is first asked, and serves every image after
 * that.
 */
export class Session {
  readonly graph: TypedGraph;
  readonly input: string;
  readonly output: string;
  private readonly registry: Registry;
  private readonly backend: Backend;
  private readonly compiled = new Map<string, Promise<Compiled>>();
  private readonly bisected = new Map<TargetKind, readonly NodeSums[]>();
  private predictor: Promise<Executable> | undefined;

  /** @throws {InputError} @throws {TargetError} where the named input or output does not exist */
  constructor(
    graph: TypedGraph,
    registry: Registry,
    backend: Backend,
    options: SessionOptions = {},
  ) {
    this.registry = registry;
    this.backend = backend;
    this.input = chooseInput(graph, options.input);
    this.output = chooseOutput(graph, options.output);
    this.graph = separable(graph, registry, this.input, this.output);
  }

  /** The model's own output for a batch. */
  async predict(x: Tensor, feeds?: Tensors): Promise<Tensor> {
    this.predictor ??= this.backend.compile({
      ...this.graph,
      outputs: [{ name: this.output, fact: this.graph.facts.get(this.output)! }],
    });
    const executable = await this.predictor;
    const results = await this.run(executable, feedsOf(this.graph, this.input, x, feeds));
    return results.get(this.output)!;
  }

  /**
   * A saliency map for each sample of a batch [N,C,H,W], with its score and completeness.
   *
   * @param feeds values of the model's other inputs: a row for each sample, or one value for all
   */
  async explain(
    x: Tensor,
    method: Method,
    target: Target,
    convention: Convention,
    feeds?: Tensors,
  ): Promise<SessionExplanation> {
    const resolved = this.resolve(target, x);
    const kind = kindOf(resolved);
    const compiled = await this.compile(`${method.name}/${convention}/${kind}`, kind, (full) => {
      const { map, attribution } = method.emit(full, { convention });
      return { map, output: full.output, ...(attribution ? { attribution } : {}) };
    });
    const results = await this.ask(compiled, x, resolved, feeds);
    const attribution = results.get("attribution");
    return {
      map: results.get("map")!,
      output: results.get("output")!,
      ...(attribution ? { attribution } : {}),
      samples: samplesOf(compiled, results, target),
    };
  }

  /** The sums of all terms for each sample of a batch: does it add up? */
  async verify(x: Tensor, target: Target, feeds?: Tensors): Promise<readonly SampleResult[]> {
    const resolved = this.resolve(target, x);
    const kind = kindOf(resolved);
    const compiled = await this.compile(`verify/${kind}`, kind, () => ({}));
    return samplesOf(compiled, await this.ask(compiled, x, resolved, feeds), target);
  }

  /** Every term of the decomposition, element by element. */
  async fullGradient(x: Tensor, target: Target, feeds?: Tensors): Promise<FullGradientResult> {
    const resolved = this.resolve(target, x);
    const kind = kindOf(resolved);
    const compiled = await this.compile(`terms/${kind}`, kind, (full) => ({
      inputGradient: full.inputGradient,
      inputTerm: full.inputTerm,
      ...Object.fromEntries(full.units.map((u, i) => [`term${i}`, u.term()])),
    }));
    const results = await this.ask(compiled, x, resolved, feeds);
    return {
      inputGradient: results.get("inputGradient")!,
      inputTerm: results.get("inputTerm")!,
      biasTerms: compiled.units.map((unit, i) => ({ unit, term: results.get(`term${i}`)! })),
      samples: samplesOf(compiled, results, target),
    };
  }

  /** The law of conservation node by node, the worst node first: where does something get lost? */
  async bisect(x: Tensor, target: Target, feeds?: Tensors): Promise<readonly NodeGap[]> {
    const first = sliceBatch(x, [0]);
    const resolved = this.resolve(target, first);
    const kind = kindOf(resolved);
    const compiled = await this.compile(`bisect/${kind}`, kind, (full) => {
      const nodes = emitNodeSums(full, this.registry);
      this.bisected.set(kind, nodes);
      return Object.fromEntries(nodes.map(({ sums }, i) => [`node${i}`, sums]));
    });
    const results = await this.ask(compiled, first, resolved, feeds);
    return this.bisected
      .get(kind)!
      .map(({ node, op }, i) => gapOf(node, op, toNumbers(results.get(`node${i}`)!)))
      .sort((p, q) => q.conditioned - p.conditioned);
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const compiling = [...this.compiled.values()].map(async (c) => (await c).executable);
    if (this.predictor) compiling.push(this.predictor);
    this.compiled.clear();
    this.predictor = undefined;
    // What could not be compiled has been reported where it was asked for.
    for (const result of await Promise.allSettled(compiling)) {
      if (result.status === "fulfilled") await result.value.dispose();
    }
  }

  private compile(
    key: string,
    kind: TargetKind,
    emit: (full: FullGradient) => Readonly<Record<string, Value>>,
  ): Promise<Compiled> {
    const known = this.compiled.get(key);
    if (known) return known;
    const fresh = this.build(kind, emit);
    this.compiled.set(key, fresh);
    return fresh;
  }

  private async build(
    kind: TargetKind,
    emit: (full: FullGradient) => Readonly<Record<string, Value>>,
  ): Promise<Compiled> {
    const { graph, registry, input, output } = this;
    const full = emitFullGradient(graph, registry, { input, output, target: kind });
    const { target, sums } = full;
    const roles = { ...emit(full), sums, score: target.score, target: target.target };
    const entries = Object.entries(roles);
    const built = full.b.build(entries.map(([name, value]) => ({ name, value })));
    const names = Object.fromEntries(entries.map(([role], i) => [role, built.outputs[i]!.name]));
    const executable = await this.backend.compile(built);
    return { executable, units: full.units.map((u) => u.unit), names, targetInput: target.input };
  }

  /** Runs a compiled graph on a batch. Results go by role. */
  private async ask(
    compiled: Compiled,
    x: Tensor,
    target: ResolvedTarget,
    others?: Tensors,
  ): Promise<Tensors> {
    const feeds = new Map(feedsOf(this.graph, this.input, x, others));
    if (compiled.targetInput && target !== "top")
      feeds.set(compiled.targetInput, targetFeed(target, x.dims[0]!));
    const results = await this.run(compiled.executable, feeds);
    return new Map(
      Object.entries(compiled.names).map(([role, name]) => [role, results.get(name)!]),
    );
  }

  /** Runs a graph on feeds of the model's inputs and, where it has one, of the target. */
  private run(executable: Executable, feeds: Tensors): Promise<Tensors> {
    const { graph, input } = this;
    const declared = graph.facts.get(input)!.shape[0] ?? 1;
    const fixed = graph.inputs.filter((i) => i.name !== input && i.fact.shape[0] !== declared);
    const names = new Set(fixed.map((i) => i.name));
    const batched = new Set([...feeds.keys()].filter((name) => !names.has(name)));
    return runBatch(executable, feeds, {
      count: feeds.get(input)!.dims[0]!,
      declared,
      batched,
    });
  }

  private resolve(target: Target, x: Tensor): ResolvedTarget {
    const { graph, input, output } = this;
    const batch = graph.facts.get(input)!.shape[0] ?? 1;
    const port = targetPort({ name: output, fact: graph.facts.get(output)! }, batch);
    return resolveTarget(port, target, x.dims[0]!);
  }
}

/** The graph itself, or, where it mixes its samples in a way that cannot be followed, for one sample at a time. */
function separable(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): TypedGraph {
  const [batch = 1] = graph.facts.get(input)!.shape;
  const { units } = planBiases(graph, registry, input, output);
  if (typeof batch === "number" || units.every((u) => hasBatch(u.shape, batch, u.layout)))
    return graph;
  const one = graph.inputs.flatMap(({ name, fact: { shape } }) =>
    shape[0] === batch ? [[name, [1, ...shape.slice(1)]] as const] : [],
  );
  return prepare(graph, registry, new Map(one));
}

function samplesOf(compiled: Compiled, results: Tensors, target: Target): SampleResult[] {
  const sums = results.get("sums")!;
  const scores = toNumbers(results.get("score")!);
  const targets = toNumbers(results.get("target")!);
  const width = compiled.units.length + 1;
  const numbers = Array.from(toNumbers(sums));
  return Array.from({ length: sums.dims[0]! }, (_, n) => {
    const row = numbers.slice(n * width, (n + 1) * width);
    const score = scores[n]!;
    return {
      target: targets[n]! < 0 ? nameOf(target) : targets[n]!,
      score,
      completeness: completenessOf(score, row),
      terms: compiled.units.map((unit, i) => ({ unit, value: row[i + 1]! })),
    };
  });
}

const nameOf = (target: Target): string => (typeof target === "string" ? target : "seed");
