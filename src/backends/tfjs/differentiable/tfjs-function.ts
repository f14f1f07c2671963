import { activePath } from "../../../analysis/active-path.js";
import { findBiases } from "../../../analysis/find-biases.js";
import { BackendError, InputError } from "../../../errors.js";
import type { Port, TypedGraph } from "../../../onnx/ir.js";
import { registry } from "../../../ops/all.js";
import type { BiasKind } from "../../../ops/core/spec.js";
import { isFloat } from "../../../tensor/dtype.js";
import { elementCount } from "../../../tensor/tensor.js";
import type { Engine, TfTensor } from "../engine.js";
import { toTf } from "../execute/border.js";
import { plainLayout, sameLayout, type Layout } from "../layout.js";
import { checkRunnable } from "../lower/lower-graph.js";
import { withSizes } from "../specialize.js";
import { NodeFunction, type Laid } from "./node-function.js";

export type TfVariable = import("@tensorflow/tfjs").Variable;

/** A value inside the network to which a tensor can be added: see {@link TfjsFunction.taps}. */
export interface Tap {
  /** Name of the bias-bearing node. */
  readonly node: string;
  readonly op: string;
  readonly kind: BiasKind;
}

export interface PredictOptions {
  /** Tensors added to node outputs, by node name, in the ONNX shape of the output. */
  readonly add?: Readonly<Record<string, TfTensor>>;
}

export interface FunctionOptions {
  readonly input: string;
  readonly output: string;
  /** If true, weights are variables that optimizers can update. */
  readonly trainable: boolean;
}

/** The function for one input shape. */
interface Specialized {
  readonly graph: TypedGraph;
  readonly functions: readonly NodeFunction[];
}

/**
 * A model as a differentiable function of tfjs tensors. `tf.grad`, `tf.variableGrads` and tfjs' optimizers work on
 * it, using the gradients of the operator records. First derivatives only, on every tfjs back end.
 *
 * @example
 * ```ts
 * const f = await toTfjs("resnet18.onnx");
 * const gradient = tf.grad((x) => f.predict(x).slice([0, 285], [1, 1]).sum())(image);
 * ```
 */
export class TfjsFunction {
  /** Weights of a trainable model, by their names in the file; otherwise empty. */
  readonly variables: ReadonlyMap<string, TfVariable>;
  /** Every bias-bearing node. The gradient at a zero tensor added there is ∂f/∂y. */
  readonly taps: readonly Tap[];
  private readonly engine: Engine;
  private readonly graph: TypedGraph;
  private readonly options: FunctionOptions;
  private readonly specialized = new Map<string, Specialized>();

  /** @throws {BackendError} if tfjs cannot run a node */
  constructor(engine: Engine, graph: TypedGraph, options: FunctionOptions) {
    checkRunnable(graph);
    const others = graph.inputs.filter((i) => i.name !== options.input);
    if (others.length > 0) {
      const names = others.map((i) => `"${i.name}"`).join(", ");
      throw new InputError(`only models with a single input are supported; other inputs: ${names}`);
    }
    this.engine = engine;
    this.options = options;
    const path = activePath(graph, registry, [options.input]);
    this.taps = findBiases(graph, registry, path, options.output).map(({ node, kind }) => ({
      ...{ node: node.name, op: node.op, kind },
    }));
    const names = options.trainable ? weightsOf(graph, path.active) : [];
    this.graph = withInputs(graph, names);
    this.variables = new Map(names.map((name) => [name, this.variable(graph, name)] as const));
  }

  /** The variables to optimize: pass them to `tf.variableGrads` or `optimizer.minimize`. */
  get trainable(): TfVariable[] {
    return [...this.variables.values()];
  }

  /**
   * Computes the output for a batch, with the shapes of the ONNX model: [N,C,H,W] to [N,K] for a classifier. The
   * caller disposes of the result.
   *
   * @throws {InputError} if a tensor has the wrong shape
   */
  predict(x: TfTensor, { add = {} }: PredictOptions = {}): TfTensor {
    const { input, output } = this.options;
    const { graph, functions } = this.at(x);
    const unknown = Object.keys(add).find((name) => !this.taps.some((t) => t.node === name));
    if (unknown !== undefined)
      throw new InputError(`cannot add to "${unknown}": not a bias-bearing node`);
    const [result] = this.engine.use(() => {
      const plain = (tensor: TfTensor): Laid => ({ tensor, layout: plainLayout(tensor.rank) });
      const values = new Map<string, Laid>([[input, plain(x)]]);
      for (const [name, variable] of this.variables) values.set(name, plain(variable));
      const left = readersOf(graph);
      functions.forEach((f, i) => {
        const node = graph.nodes[i]!;
        f.apply(values, (name) => (left.get(name) ?? 0) > 0);
        const tap = add[node.name];
        const [y] = node.outputs;
        if (tap) values.set(y!, this.added(values.get(y!)!, tap, node.name));
      });
      const { tensor, layout } = values.get(output) ?? this.constant(output);
      return [this.arranged(tensor, layout)];
    });
    return result;
  }

  /** Frees all tensors, including the weights. */
  dispose(): void {
    for (const { functions } of this.specialized.values())
      functions.forEach((f) => {
        f.dispose();
      });
    this.specialized.clear();
    for (const variable of this.variables.values()) variable.dispose();
  }

  private variable(graph: TypedGraph, name: string): TfVariable {
    const { tf } = this.engine;
    const [tensor] = this.engine.use(() => [toTf(tf, graph.constants.get(name)!)]);
    const variable = tf.variable(tensor, true);
    tensor.dispose();
    return variable;
  }

  private constant(name: string): Laid {
    const tensor = toTf(this.engine.tf, this.graph.constants.get(name)!);
    return { tensor, layout: plainLayout(tensor.rank) };
  }

  private at(x: TfTensor): Specialized {
    const { input } = this.options;
    const port = this.graph.inputs.find((i) => i.name === input)!;
    const { shape } = port.fact;
    const fits =
      shape.length === x.rank && shape.every((d, i) => typeof d === "string" || d === x.shape[i]);
    if (!fits) {
      throw new InputError(
        `input "${input}" is [${shape.join(",")}], the tensor [${x.shape.join(",")}]`,
      );
    }
    const key = x.shape.join();
    const known = this.specialized.get(key);
    if (known) return known;
    const made = this.specialize(x.shape);
    this.specialized.set(key, made);
    return made;
  }

  private specialize(shape: readonly number[]): Specialized {
    const { input, output } = this.options;
    const shapes = new Map<string, readonly number[]>([[input, shape]]);
    const graph = withSizes(this.graph, shapes);
    const { active } = activePath(graph, registry, [input, ...this.variables.keys()]);
    const layouts = new Map<string, Layout>();
    const functions = graph.nodes.map((node) => {
      if (active.has(node.outputs[0]!) && registry.of(node).vjp === "not-differentiable") {
        throw new BackendError(`${node.op} (node "${node.name}") has no gradient`);
      }
      const f = new NodeFunction(this.engine, graph, node, layouts, (name) => active.has(name));
      for (const name of node.outputs) if (name !== "") layouts.set(name, f.layoutOf(name));
      return f;
    });
    if (!active.has(output))
      throw new InputError(`output "${output}" does not depend on "${input}"`);
    return { graph, functions };
  }

  /** Rearranges a value to the graph's axis order. */
  private arranged(tensor: TfTensor, layout: Layout): TfTensor {
    const plain = plainLayout(tensor.rank);
    if (sameLayout(layout, plain)) return this.engine.tf.clone(tensor);
    const perm = plain.map((axis) => layout.indexOf(axis));
    return this.engine.tf.transpose(tensor, perm);
  }

  private added({ tensor, layout }: Laid, tap: TfTensor, node: string): Laid {
    const { tf } = this.engine;
    const wanted = layout.map((_, axis) => tensor.shape[layout.indexOf(axis)]!);
    if (tap.shape.join() !== wanted.join()) {
      throw new InputError(
        `node "${node}" has output shape [${wanted.join(",")}]; a tensor [${tap.shape.join(",")}] cannot be added`,
      );
    }
    return { tensor: tf.add(tensor, tf.transpose(tap, [...layout])), layout };
  }
}

/** Number of readers of each value; graph outputs count as reads. */
function readersOf(graph: TypedGraph): Map<string, number> {
  const readers = new Map<string, number>();
  const names = [...graph.nodes.flatMap((n) => n.inputs), ...graph.outputs.map((o) => o.name)];
  for (const name of names) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

/**
 * Float constants of more than one element that interact differentiably with the image, except BatchNormalization's
 * statistics.
 */
function weightsOf(graph: TypedGraph, active: ReadonlySet<string>): readonly string[] {
  const names = graph.nodes.flatMap((node) => {
    const { vjp } = registry.of(node);
    if (typeof vjp === "string" || !node.inputs.some((name) => active.has(name))) return [];
    const isStatistic = (i: number): boolean => node.op === "BatchNormalization" && i > 2;
    return node.inputs.filter((name, i) => {
      const constant = graph.constants.get(name);
      return constant && isFloat(constant.dtype) && elementCount(constant) > 1 && !isStatistic(i);
    });
  });
  return [...new Set(names)];
}

/** Turns some constants of the graph into inputs. */
function withInputs(graph: TypedGraph, names: readonly string[]): TypedGraph {
  const added = names.map((name): Port => ({ name, fact: withoutElements(graph, name) }));
  const constants = new Map([...graph.constants].filter(([name]) => !names.includes(name)));
  const facts = new Map([...graph.facts, ...added.map((p) => [p.name, p.fact] as const)]);
  return { ...graph, inputs: [...graph.inputs, ...added], constants, facts };
}

function withoutElements(graph: TypedGraph, name: string): Port["fact"] {
  const { dtype, shape } = graph.facts.get(name)!;
  return { dtype, shape };
}
