import { ShapeError } from "../errors.js";
import { bytesOf, elementCount, toNumbers, type Tensor } from "../tensor/tensor.js";
import { factOf } from "./facts.js";
import type { Attributes, Fact, Node, Port, SequenceStep, TypedGraph, Value } from "./ir.js";
import { prune } from "./prune.js";
import { OpBuilder } from "./op-builder.js";

/** Infers the facts of a node's outputs from those of its inputs; implemented in ops/. */
export type InferNode = (
  node: Node,
  inputs: readonly (Fact | undefined)[],
  opsets: ReadonlyMap<string, number>,
) => readonly Fact[];

/**
 * Limit on the total elements of constants added to a model: 128 MiB as float32. A single generated constant may take
 * 64 MiB (tensor/tensor.ts), and one kilobyte of model file can hold twenty nodes.
 */
const maxAddedElements = 2 ** 25;

interface State {
  readonly base: TypedGraph;
  readonly infer: InferNode;
  readonly nodes: Node[];
  readonly constants: Map<string, Tensor>;
  readonly constantNames: Map<string, string>;
  readonly facts: Map<string, Fact>;
  readonly inputs: Port[];
  readonly taken: Set<string>;
  /** Last numeric suffix used for each base name. */
  readonly lastNumber: Map<string, number>;
  /** Elements still available for added constants. Unlimited for a graph built from scratch. */
  room: number;
}

/**
 * Adds nodes to a graph. Facts are inferred as each node is added, so an invalid rule fails where it is applied. The
 * original graph is not modified.
 */
export class GraphBuilder extends OpBuilder {
  private readonly state: State;
  private readonly prefix: string;
  private readonly step: SequenceStep | undefined;

  private constructor(state: State, prefix: string, step?: SequenceStep) {
    super();
    this.state = state;
    this.prefix = prefix;
    this.step = step;
  }

  /** A builder of a new graph, with the operator set of each domain ("" is ai.onnx). */
  static start(
    infer: InferNode,
    opsets: Readonly<Record<string, number>> = { "": 18 },
    name = "graph",
  ): GraphBuilder {
    const [none, nothing] = [[], new Map<string, never>()];
    const lists = { inputs: none, outputs: none, nodes: none };
    const maps = { constants: nothing, metadata: nothing, facts: nothing };
    return GraphBuilder.on(
      { name, opsets: new Map(Object.entries(opsets)), ...lists, ...maps },
      infer,
    );
  }

  /** A builder that adds to a graph. */
  static on(graph: TypedGraph, infer: InferNode): GraphBuilder {
    const taken = new Set<string>(graph.nodes.map((n) => n.name));
    for (const name of graph.facts.keys()) taken.add(name);
    const state: State = {
      base: graph,
      infer,
      nodes: [...graph.nodes],
      constants: new Map(graph.constants),
      constantNames: new Map(),
      facts: new Map(graph.facts),
      inputs: [...graph.inputs],
      taken,
      lastNumber: new Map(),
      room: graph.nodes.length === 0 ? Infinity : maxAddedElements,
    };
    return new GraphBuilder(state, "");
  }

  /**
   * A builder of the same graph that prefixes new node names: with "conv1", names look like "conv1/dx".
   *
   * @param step the step, if the same nodes are added for every step of a sequence
   */
  within(prefix: string, step?: SequenceStep): GraphBuilder {
    return new GraphBuilder(this.state, prefix, step);
  }

  /** All nodes so far, in the order in which they were added. */
  get nodes(): readonly Node[] {
    return this.state.nodes;
  }

  /** A value of the graph by name. */
  value(name: string): Value {
    const fact = this.state.facts.get(name);
    if (!fact) throw new ShapeError(`no value named "${name}" in the graph`);
    return { name, fact };
  }

  /** Adds a graph input. */
  input(name: string, fact: Fact): Value {
    const unique = this.unique(name);
    this.state.inputs.push({ name: unique, fact });
    this.state.facts.set(unique, fact);
    return { name: unique, fact };
  }

  /** Adds a constant. Equal constants are stored once if they are small, or unnamed with a single element. */
  override constant(t: Tensor, hint?: string): Value {
    const key = constantKey(t, hint);
    const known = key === undefined ? undefined : this.state.constantNames.get(key);
    if (known !== undefined) return this.value(known);
    const name = this.unique(
      key === undefined ? this.path(hint ?? "constant") : `constant/${label(t)}`,
    );
    this.state.room -= elementCount(t);
    if (this.state.room < 0) {
      throw new ShapeError(
        `"${name}" [${t.dims.join(",")}]: the constants added to the model exceed ${maxAddedElements} elements`,
      );
    }
    this.state.constants.set(name, t);
    this.state.facts.set(name, factOf(t));
    if (key !== undefined) this.state.constantNames.set(key, name);
    return this.value(name);
  }

  /** Adds a node with several outputs. `hint` becomes the last part of its name. */
  override call(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    options: { outputs?: number; hint?: string; domain?: string } = {},
  ): Value[] {
    const { step } = this;
    const hint = options.hint ?? op;
    const name = this.unique(this.path(hint));
    const count = options.outputs ?? 1;
    const outputs = Array.from({ length: count }, (_, i) =>
      i === 0 ? name : this.unique(`${name}.${i}`),
    );
    const node: Node = {
      name,
      op,
      domain: options.domain ?? "",
      inputs: inputs.map((v) => v?.name ?? ""),
      outputs,
      attributes,
      ...(step && { step: { ...step, of: `${step.of}/${hint}` } }),
    };
    const facts = this.state.infer(
      node,
      inputs.map((v) => v?.fact),
      this.state.base.opsets,
    );
    this.state.nodes.push(node);
    return outputs.map((output, i) => {
      const fact = facts[i];
      if (!fact) throw new ShapeError(`${op} (node "${name}") has no output ${i}`);
      this.state.facts.set(output, fact);
      return { name: output, fact };
    });
  }

  /**
   * Returns the graph with the given outputs, in order, without dead nodes and unused added inputs. If an output's name
   * belongs to another value, a numeric suffix is added.
   */
  build(outputs: readonly { name: string; value: Value }[]): TypedGraph {
    const renamed = outputs.map(({ name: wanted, value }) => {
      if (wanted === value.name) return value;
      const name = this.unique(wanted);
      const node = this.unique(`${wanted}/output`);
      const parts = { op: "Identity", domain: "", inputs: [value.name], attributes: {} };
      this.state.nodes.push({ name: node, outputs: [name], ...parts });
      this.state.facts.set(name, value.fact);
      return { name, fact: value.fact };
    });
    const built = prune({
      ...this.state.base,
      inputs: this.state.inputs,
      outputs: renamed.map(({ name, fact }) => ({ name, fact })),
      nodes: this.state.nodes,
      constants: this.state.constants,
      facts: this.state.facts,
    });
    const declared = new Set(this.state.base.inputs.map((i) => i.name));
    const read = new Set([...built.nodes.flatMap((n) => n.inputs), ...renamed.map((v) => v.name)]);
    const inputs = built.inputs.filter((i) => declared.has(i.name) || read.has(i.name));
    return { ...built, inputs };
  }

  private path(hint: string): string {
    return this.prefix === "" ? hint : `${this.prefix}/${hint}`;
  }

  private unique(wanted: string): string {
    const { taken, lastNumber } = this.state;
    let name = wanted;
    let number = lastNumber.get(wanted) ?? 0;
    while (taken.has(name)) name = `${wanted}_${++number}`;
    if (number > 0) lastNumber.set(wanted, number);
    taken.add(name);
    return name;
  }
}

/** A key for small constants, and for unnamed constants with a single element. */
function constantKey(t: Tensor, hint: string | undefined): string | undefined {
  if (t.dtype === "string") return undefined;
  const isSmall = elementCount(t) <= 16;
  if (!isSmall && (hint !== undefined || !isUniform(t))) return undefined;
  const values = isSmall ? bytesOf(t).join(",") : `all ${toNumbers(t)[0]!}`;
  return `${t.dtype}[${t.dims.join(",")}]${values}`;
}

function isUniform(t: Tensor): boolean {
  const numbers = toNumbers(t);
  for (let i = 1; i < numbers.length; i++) if (!Object.is(numbers[i], numbers[0])) return false;
  return true;
}

function label(t: Tensor): string {
  const shown = elementCount(t) > 16 ? 1 : 4;
  const numbers = Array.from(
    { length: Math.min(shown, elementCount(t)) },
    (_, i) => toNumbers(t)[i],
  );
  return `${t.dtype}_${numbers.join("_") || "empty"}`;
}
