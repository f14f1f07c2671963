import { explainableValues } from "../analysis/explainable-values.js";
import { stateInputs } from "../analysis/state-inputs.js";
import {
  TargetError,
  UnsupportedModelError,
  type ExplainableValue,
  type UnsupportedNode,
} from "../errors.js";
import type { Graph, Port, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { inferKnown, type KnownGraph } from "../passes/infer-shapes.js";
import { canonicalize, prepare } from "../passes/prepare.js";
import { describeOutputs } from "../target/ports.js";
import { targetPort, targetWords } from "../target/resolve.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensors } from "../tensor/tensor.js";
import { ExplainedGraph } from "./explained-graph.js";
import { givenKey, withGiven } from "./given-values.js";
import { inFile } from "./unsupported-nodes.js";
import { imageModel, type ImageModel } from "./image-model/image-model.js";
import { openSizes, type ImageSize, type SizeSources } from "./sizes.js";
import { extractSubgraph, type Subgraph, type SubgraphOptions } from "./subgraph.js";

export interface AnalysisOptions extends SubgraphOptions {
  /**
   * The axes of the input, one letter each: N samples, C channels, and the spatial ones H, W, D, T, F, L, P: "NHWC", "NLC",
   * "CHW". By default inferred by following the axes through the first layers.
   */
  readonly layout?: string | undefined;
  /** Height and width, for a model that leaves them open. */
  readonly size?: ImageSize | undefined;
}

/** Shapes of a model's inputs with open extents, by name. */
export type Sizes = ReadonlyMap<string, Shape>;

/** Analyses a model for explanations, lazily. */
export function analyze(model: Graph, registry: Registry, options: AnalysisOptions = {}): Analysis {
  return new Analysis(model, registry, options);
}

/**
 * The analysis of a model: its input as image, the explained subgraph, its sizes, the prepared graph with its biases and
 * its gradient, and the obstacles. Each is computed once, on first use: `Model`, `inspect` and the converters share it.
 */
export class Analysis {
  /** The graph as in its file. */
  readonly model: Graph;
  readonly options: AnalysisOptions;
  readonly registry: Registry;
  private ownPart: Subgraph | undefined;
  private found: ImageModel | undefined;
  /** For the most recently requested sizes. */
  private graph: { readonly key: string; readonly explained: ExplainedGraph } | undefined;

  /** Use {@link analyze}. */
  constructor(model: Graph, registry: Registry, options: AnalysisOptions) {
    this.model = model;
    this.registry = registry;
    this.options = options;
  }

  /**
   * The subgraph of the explained value, with the input as in the file.
   *
   * @throws {TargetError} @throws {InputError} if the model lacks the output or input that the options name
   */
  get own(): Subgraph {
    return (this.ownPart ??= extractSubgraph(this.model, this.options));
  }

  /** The model with its input as image, the form of all requests. @throws {LayoutError} if the layout does not fit */
  get image(): ImageModel {
    const { model, registry, options } = this;
    return (this.found ??= imageModel(model, this.own, registry, options.layout));
  }

  /** The subgraph of the explained value, with the input as image. */
  get part(): Subgraph {
    return this.image.part;
  }

  /** Shapes of the inputs: from the options' size, else from these values, else the default. */
  sizes(values: Omit<SizeSources, "size"> = {}): Sizes {
    return this.openSizes(this.image.graph, values);
  }

  /** The forward pass alone, with the input as in the file, at one size or with the file's open extents. */
  forward({ open = false } = {}): TypedGraph {
    return prepare(this.own.graph, this.registry, open ? new Map() : this.openSizes(this.model));
  }

  /** The inputs of the explained part that are states of a recurrent layer: zeros unless they are given. */
  get states(): readonly Port[] {
    const { graph, input } = this.part;
    const names = stateInputs(graph, this.registry);
    return graph.inputs.filter(({ name }) => names.has(name) && name !== input);
  }

  /**
   * The explained part at these sizes, for any number of samples, or for one.
   *
   * @param feeds values of the other inputs, some of which control the model (branches, iterations)
   */
  explained(
    sizes: Sizes = this.sizes(),
    isOneSample = false,
    feeds: Tensors = new Map(),
  ): ExplainedGraph {
    const given = withGiven(this.part.graph, feeds);
    const key = JSON.stringify([...sizes, isOneSample, givenKey(given)]);
    if (this.graph?.key !== key) {
      const graph = prepare(given, this.registry, sizes);
      const explained = new ExplainedGraph(graph, this.registry, this.part, isOneSample);
      this.graph = { key, explained };
    }
    return this.graph.explained;
  }

  /** The facts that can be inferred for the whole model, including unsupported nodes. */
  known(sizes: Sizes = this.sizes(), feeds: Tensors = new Map()): KnownGraph {
    return inferKnown(canonicalize(withGiven(this.image.graph, feeds)), this.registry, sizes);
  }

  /** The unsupported nodes of the model, and whether the explained value needs them. */
  holes(known: KnownGraph): readonly (UnsupportedNode & { readonly needed: boolean })[] {
    const needed = new Set(this.part.graph.nodes.map((n) => n.name));
    return inFile(known.refused, this.model).map((hole) => ({
      ...hole,
      needed: needed.has(hole.node),
    }));
  }

  /** Values that could be explained instead of the output. */
  alternatives(
    sizes: Sizes = this.sizes(),
    feeds: Tensors = new Map(),
  ): readonly ExplainableValue[] {
    const { graph, input, output } = this.part;
    const lifted = canonicalize(withGiven(graph, feeds));
    const known = inferKnown(lifted, this.registry, sizes);
    const batch = known.facts.get(input)?.shape[0] ?? 1;
    const own = new Set(graph.nodes.flatMap((n) => n.outputs));
    return explainableValues({ known, nodes: lifted.nodes, own, input }, this.registry)
      .filter(({ name }) => name !== output)
      .slice(0, mostListed)
      .map((port) => ({
        name: port.name,
        shape: port.fact.shape,
        targets: targetWords(targetPort(port, batch)),
      }));
  }

  /** Adds alternatives to an error of an explanation: other values, or other outputs. */
  withHints(error: unknown, sizes: Sizes = this.sizes()): unknown {
    const { model } = this;
    if (error instanceof UnsupportedModelError && error.instead.length === 0) {
      return new UnsupportedModelError(inFile(error.holes, model), this.alternatives(sizes));
    }
    if (error instanceof TargetError && model.outputs.length > 1) {
      const outputs = model.outputs.map(({ name, fact }) => ({ name, shape: fact.shape }));
      const message = `${error.message}; the model has these outputs: ${describeOutputs(outputs)}`;
      return new TargetError(message, { cause: error });
    }
    return error;
  }

  private openSizes(graph: Graph, values: Omit<SizeSources, "size"> = {}): Sizes {
    const { size } = this.options;
    return openSizes(graph, this.own.input, { ...(size ? { size } : {}), ...values });
  }
}

/** Limit on the listed alternatives. */
const mostListed = 12;
