import type { Backend, Executable, Tensors } from "../backends/backend.js";
import type { BiasUnit } from "../analyzer/bias-plan.js";
import { InputError, TargetError } from "../errors.js";
import type { Fact, TypedGraph, Value } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import { int64, toNumbers, type Tensor } from "../tensor/tensor.js";
import { concatBatch, sliceBatch } from "./batches.js";
import { completenessOf, type Completeness } from "./completeness.js";
import { emitFullGradient, type FullGradient } from "./full-gradient.js";
import type { Method } from "./method.js";
import type { Convention } from "./psi.js";
import { classCount, type TargetKind } from "./target.js";

/** A class index for every sample, one index for all, or the model's own first choice. */
export type Target = "top" | number | readonly number[];

/** What one unit adds to one sample's output. */
export interface TermSum {
  readonly unit: BiasUnit;
  readonly value: number;
}

/** One sample's output, taken apart. */
export interface SampleResult {
  readonly target: number;
  /** f(x): the raw output of the target class. */
  readonly score: number;
  readonly completeness: Completeness;
  readonly terms: readonly TermSum[];
}

export interface SessionExplanation {
  /** [N,1,H,W] float32, un-normalised. */
  readonly map: Tensor;
  /** [N,C,H,W], for methods that attribute to the input. */
  readonly attribution?: Tensor;
  /** [N,K]: the model's own output. */
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
  /** The input that is explained; the only one unless given. */
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
  private predictor: Promise<Executable> | undefined;

  /** @throws {InputError} @throws {TargetError} where the named input or output does not exist */
  constructor(
    graph: TypedGraph,
    registry: Registry,
    backend: Backend,
    options: SessionOptions = {},
  ) {
    this.graph = graph;
    this.registry = registry;
    this.backend = backend;
    this.input = chooseInput(graph, options.input);
    this.output = chooseOutput(graph, options.output);
  }

  /** The model's own output for a batch. */
  async predict(x: Tensor): Promise<Tensor> {
    this.predictor ??= this.backend.compile({
      ...this.graph,
      outputs: this.graph.outputs.filter((o) => o.name === this.output),
    });
    const executable = await this.predictor;
    const chunks = await this.inChunks(x, "top", async (part) =>
      executable.run(new Map([[this.input, part]])),
    );
    return concatBatch(chunks.map((c) => c.get(this.output)!));
  }

  /** A saliency map for each sample of a batch [N,C,H,W], with its score and completeness. */
  async explain(
    x: Tensor,
    method: Method,
    target: Target,
    convention: Convention,
  ): Promise<SessionExplanation> {
    const kind = kindOf(target);
    const compiled = await this.compile(`${method.name}/${convention}/${kind}`, kind, (full) => {
      const { map, attribution } = method.emit(full, { convention });
      return { map, output: full.output, ...(attribution ? { attribution } : {}) };
    });
    const results = await this.runCompiled(compiled, x, target);
    const attribution = results.has("attribution")
      ? { attribution: results.get("attribution")! }
      : {};
    return {
      map: results.get("map")!,
      output: results.get("output")!,
      ...attribution,
      samples: samplesOf(compiled, results),
    };
  }

  /** The sums of all terms for each sample of a batch: does it add up? */
  async verify(x: Tensor, target: Target): Promise<readonly SampleResult[]> {
    const kind = kindOf(target);
    const compiled = await this.compile(`verify/${kind}`, kind, () => ({}));
    return samplesOf(compiled, await this.runCompiled(compiled, x, target));
  }

  /** Every term of the decomposition, element by element. */
  async fullGradient(x: Tensor, target: Target): Promise<FullGradientResult> {
    const kind = kindOf(target);
    const compiled = await this.compile(`terms/${kind}`, kind, (full) => ({
      inputGradient: full.inputGradient,
      inputTerm: full.inputTerm,
      ...Object.fromEntries(full.units.map((u, i) => [`term${i}`, u.term()])),
    }));
    const results = await this.runCompiled(compiled, x, target);
    return {
      inputGradient: results.get("inputGradient")!,
      inputTerm: results.get("inputTerm")!,
      biasTerms: compiled.units.map((unit, i) => ({ unit, term: results.get(`term${i}`)! })),
      samples: samplesOf(compiled, results),
    };
  }

  /** Frees the engine's memory. */
  async dispose(): Promise<void> {
    const all = [...this.compiled.values()].map(async (c) => (await c).executable);
    const executables = await Promise.all(this.predictor ? [...all, this.predictor] : all);
    this.compiled.clear();
    this.predictor = undefined;
    await Promise.all(executables.map((e) => e.dispose()));
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

  /** Runs a batch of any size, in pieces where the model's own batch is fixed. Results go by role. */
  private async runCompiled(compiled: Compiled, x: Tensor, target: Target): Promise<Tensors> {
    const chunks = await this.inChunks(x, target, async (part, indices) => {
      const feeds = new Map<string, Tensor>([[this.input, part]]);
      if (compiled.targetInput) feeds.set(compiled.targetInput, int64(indices));
      return compiled.executable.run(feeds);
    });
    const roles = Object.entries(compiled.names);
    return new Map(
      roles.map(([role, name]) => [role, concatBatch(chunks.map((chunk) => chunk.get(name)!))]),
    );
  }

  private async inChunks(
    x: Tensor,
    target: Target,
    run: (part: Tensor, targets: readonly number[]) => Promise<Tensors>,
  ): Promise<Tensors[]> {
    const { shape } = checkInput(this.graph, this.input, x);
    const count = x.dims[0]!;
    const indices = targetIndices(target, count, () => classCount(this.graph, this.output));
    const size = typeof shape[0] === "number" ? shape[0] : count;
    const chunks: Tensors[] = [];
    for (let start = 0; start < count; start += size) {
      const here = Math.min(size, count - start);
      const padded = (at: number): number => start + Math.min(at, here - 1);
      const rows = Array.from({ length: size }, (_, i) => padded(i));
      const results = await run(
        sliceBatch(x, rows),
        rows.map((r) => indices[r] ?? 0),
      );
      const first = Array.from({ length: here }, (_, i) => i);
      chunks.push(
        here === size ? results : new Map([...results].map(([k, t]) => [k, sliceBatch(t, first)])),
      );
    }
    return chunks;
  }
}

function kindOf(target: Target): TargetKind {
  return target === "top" ? "top" : "index";
}

function targetIndices(target: Target, count: number, classes: () => number): readonly number[] {
  if (target === "top") return [];
  const indices = typeof target === "number" ? new Array<number>(count).fill(target) : target;
  if (indices.length !== count) {
    throw new TargetError(`${indices.length} targets for ${count} samples`);
  }
  const limit = classes();
  const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= limit);
  if (bad !== undefined) {
    throw new TargetError(`class ${bad} does not exist: the model has classes 0 to ${limit - 1}`);
  }
  return indices;
}

function samplesOf(compiled: Compiled, results: Tensors): SampleResult[] {
  const sums = results.get("sums")!;
  const scores = toNumbers(results.get("score")!);
  const targets = toNumbers(results.get("target")!);
  const width = compiled.units.length + 1;
  const numbers = Array.from(toNumbers(sums));
  return Array.from({ length: sums.dims[0]! }, (_, n) => {
    const row = numbers.slice(n * width, (n + 1) * width);
    const score = scores[n]!;
    return {
      target: targets[n]!,
      score,
      completeness: completenessOf(score, row),
      terms: compiled.units.map((unit, i) => ({ unit, value: row[i + 1]! })),
    };
  });
}

function chooseInput(graph: TypedGraph, wanted: string | undefined): string {
  const names = graph.inputs.map((i) => i.name);
  const listed = names.map((n) => `"${n}"`).join(", ");
  if (wanted !== undefined) {
    if (!names.includes(wanted))
      throw new InputError(`no input "${wanted}"; the model has ${listed}`);
    return wanted;
  }
  if (names.length !== 1) {
    throw new InputError(
      `the model has ${names.length} inputs (${listed}); one image input is supported`,
    );
  }
  return names[0]!;
}

function chooseOutput(graph: TypedGraph, wanted: string | undefined): string {
  const names = graph.outputs.map((o) => o.name);
  const chosen = wanted ?? names[0];
  if (chosen === undefined || !names.includes(chosen)) {
    const listed = names.map((n) => `"${n}"`).join(", ");
    throw new TargetError(`no output "${chosen ?? ""}"; the model has ${listed || "none"}`);
  }
  return chosen;
}

function checkInput(graph: TypedGraph, name: string, x: Tensor): Fact {
  const fact = graph.facts.get(name)!;
  const fits =
    x.dims.length === fact.shape.length &&
    x.dims.every((d, i) => i === 0 || typeof fact.shape[i] === "string" || fact.shape[i] === d);
  if (!fits || x.dims[0] === 0) {
    throw new InputError(
      `input "${name}" takes [${fact.shape.join(",")}], not [${x.dims.join(",")}]`,
    );
  }
  if (x.dtype !== fact.dtype) {
    throw new InputError(`input "${name}" takes ${fact.dtype}, not ${x.dtype}`);
  }
  return fact;
}
