import type { Backend } from "../backends/backend.js";
import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { toNumbers, type Tensor, type Tensors } from "../tensor/tensor.js";
import { sliceBatch } from "../tensor/batches.js";
import { emitNodeSums, gapOf, type NodeGap, type NodeSums } from "../decomposition/bisect.js";
import { Compiler } from "./compiler.js";
import { contrastAt, formOf, resolveContrast, type ResolvedContrast } from "../target/contrast.js";
import type { DirectionOptions } from "./gradient-check/directional-derivatives.js";
import {
  checkGradient,
  type GradientCheck,
  type Reference,
} from "./gradient-check/gradient-check.js";
import { ExplainedGraph } from "./explained-graph.js";
import { mapLayers, type LayerMaps } from "./layer-maps.js";
import {
  checkNode,
  recordNodes,
  type NodeJacobian,
  type NodeRecord,
} from "./gradient-check/node-jacobians.js";
import { chooseInput, chooseOutput } from "../target/ports.js";
import { scoreReader } from "./gradient-check/read-score.js";
import { reportUnit, samplesOf, type SampleResult, type UnitReport } from "./samples.js";
import type { Target } from "../target/target.js";

export interface FullGradientResult {
  /** ∇ₓf, in the shape of the input. */
  readonly inputGradient: Tensor;
  /** ∇ₓf ⊙ x */
  readonly inputTerm: Tensor;
  /** g ⊙ b of every unit, in the shape of the unit's output. */
  readonly biasTerms: readonly { readonly unit: UnitReport; readonly term: Tensor }[];
  readonly samples: readonly SampleResult[];
}

export interface SessionOptions {
  /** The explained input; by default the only one of four dimensions. */
  readonly input?: string;
  /** The decomposed output; by default the first one. */
  readonly output?: string;
}

/** A decomposed sample with a checked gradient. */
export interface VerifiedSample extends SampleResult {
  readonly gradient: GradientCheck;
}

/**
 * A model on an engine. Each kind of question is compiled once, on first use.
 */
export class Session {
  readonly explained: ExplainedGraph;
  readonly compiler: Compiler;
  private readonly registry: Registry;
  private readonly backend: Backend;
  private readonly bisected = new Map<string, readonly NodeSums[]>();
  private readonly recorded = new Map<
    string,
    { readonly records: readonly NodeRecord[]; readonly graph: TypedGraph }
  >();

  /** @throws {InputError} @throws {TargetError} if the named input or output does not exist */
  constructor(
    source: TypedGraph | ExplainedGraph,
    registry: Registry,
    backend: Backend,
    options: SessionOptions = {},
  ) {
    this.explained =
      source instanceof ExplainedGraph
        ? source
        : new ExplainedGraph(source, registry, {
            input: chooseInput(source, options.input),
            output: chooseOutput(source, options.output),
          });
    this.registry = registry;
    this.backend = backend;
    this.compiler = new Compiler(this.explained, registry, backend);
  }

  /** The explained graph of the model. */
  get graph(): TypedGraph {
    return this.explained.graph;
  }

  get input(): string {
    return this.explained.input;
  }

  get output(): string {
    return this.explained.output;
  }

  /** The model's output for a batch. */
  async predict(x: Tensor, feeds?: Tensors): Promise<Tensor> {
    const { graph, output } = this;
    const compiled = await this.compiler.plain("predict", () => ({
      ...graph,
      outputs: [{ name: output, fact: graph.facts.get(output)! }],
    }));
    const results = await this.compiler.run(compiled, x, feeds ? { others: feeds } : {});
    return results.get(output)!;
  }

  /** The sums of all terms for each sample of a batch, and their completeness. */
  async verify(x: Tensor, target: Target, feeds?: Tensors): Promise<readonly SampleResult[]> {
    const resolved = this.resolve(target, x);
    const compiled = await this.compiler.backward("verify", formOf(resolved), ({ sums }) => ({
      outputs: { sums },
    }));
    const results = await this.compiler.run(compiled, x, asked(resolved, feeds));
    return samplesOf(compiled, results, resolved);
  }

  /**
   * As {@link verify}, and compares directional derivatives with central differences of the model itself, sample by
   * sample.
   */
  async verifyGradient(
    x: Tensor,
    target: Target,
    reference: Reference,
    options: DirectionOptions = {},
    feeds: Tensors = new Map(),
  ): Promise<readonly VerifiedSample[]> {
    const resolved = this.resolve(target, x);
    const compiled = await this.compiler.backward("gradient", formOf(resolved), (full) => ({
      outputs: { sums: full.sums, gradient: full.inputGradient },
    }));
    const results = await this.compiler.run(compiled, x, asked(resolved, feeds));
    const gradient = results.get("gradient")!;
    const { input, output } = this;
    const checked: VerifiedSample[] = [];
    for (const [n, sample] of samplesOf(compiled, results, resolved).entries()) {
      const row = (t: Tensor): Tensor => sliceBatch(t, [n]);
      const others = new Map(
        [...feeds].map(([name, t]) => [name, isRowOf(t, x, name, reference) ? row(t) : t]),
      );
      const read = scoreReader(contrastAt(resolved, n), sample.target, reference.squashed);
      const one = { input, output, x: row(x), gradient: row(gradient), others, read };
      checked.push({ ...sample, gradient: await checkGradient(reference, one, options) });
    }
    return checked;
  }

  /** Every term of the decomposition, element by element. */
  async fullGradient(x: Tensor, target: Target, feeds?: Tensors): Promise<FullGradientResult> {
    const resolved = this.resolve(target, x);
    const compiled = await this.compiler.backward("terms", formOf(resolved), (full) => ({
      outputs: {
        inputGradient: full.inputGradient,
        inputTerm: full.inputTerm,
        sums: full.sums,
        ...Object.fromEntries(full.units.map((u, i) => [`term${i}`, u.term()])),
      },
    }));
    const results = await this.compiler.run(compiled, x, asked(resolved, feeds));
    return {
      inputGradient: results.get("inputGradient")!,
      inputTerm: results.get("inputTerm")!,
      biasTerms: compiled.units.map((unit, i) => ({
        unit: reportUnit(unit),
        term: results.get(`term${i}`)!,
      })),
      samples: samplesOf(compiled, results, resolved),
    };
  }

  /** Signed maps of each layer's contribution to the score. */
  layerMaps(x: Tensor, target: Target, feeds?: Tensors): Promise<LayerMaps> {
    return mapLayers(this.compiler, x, asked(this.resolve(target, x), feeds));
  }

  /** The conservation residual of each node, the worst node first. */
  async bisect(x: Tensor, target: Target, feeds?: Tensors): Promise<readonly NodeGap[]> {
    const first = sliceBatch(x, [0]);
    const resolved = this.resolve(target, first);
    const key = JSON.stringify(formOf(resolved));
    const compiled = await this.compiler.backward("bisect", formOf(resolved), (full) => {
      const nodes = emitNodeSums(full, this.registry);
      this.bisected.set(key, nodes);
      return { outputs: Object.fromEntries(nodes.map(({ sums }, i) => [`node${i}`, sums])) };
    });
    const results = await this.compiler.run(compiled, first, asked(resolved, feeds));
    return this.bisected
      .get(key)!
      .map(({ node, op }, i) => gapOf(node, op, toNumbers(results.get(`node${i}`)!)))
      .sort((p, q) => q.conditioned - p.conditioned);
  }

  /** Checks the gradient of each node separately, for the first sample, in network order. */
  async checkNodes(
    x: Tensor,
    target: Target,
    options: DirectionOptions = {},
    feeds?: Tensors,
  ): Promise<readonly NodeJacobian[]> {
    const first = sliceBatch(x, [0]);
    const resolved = this.resolve(target, first);
    const key = JSON.stringify(formOf(resolved));
    const compiled = await this.compiler.backward("jacobians", formOf(resolved), (full) => {
      const { records, outputs } = recordNodes(full);
      this.recorded.set(key, { records, graph: full.graph });
      return { outputs };
    });
    const values = await this.compiler.run(compiled, first, asked(resolved, feeds));
    const { records, graph } = this.recorded.get(key)!;
    const found: NodeJacobian[] = [];
    for (const record of records) {
      const valueOf = (role: string): Tensor => values.get(role)!;
      found.push(...(await checkNode(this.backend, graph, record, valueOf, options)));
    }
    return found;
  }

  /** Frees the engine's memory. */
  dispose(): Promise<void> {
    return this.compiler.dispose();
  }

  /** Resolves a target, with all checks that are possible before the model runs. */
  resolve(target: Target, x: Tensor): ResolvedContrast {
    return resolveContrast(this.explained.port, target, x.dims[0]!);
  }
}

/** Whether a value has one row per sample of a larger batch. */
const isRowOf = (t: Tensor, x: Tensor, name: string, { batched }: Reference): boolean =>
  batched.has(name) && t.dims[0] === x.dims[0];

const asked = (
  target: ResolvedContrast,
  others: Tensors | undefined,
): { readonly target: ResolvedContrast; readonly others?: Tensors } =>
  others ? { target, others } : { target };
