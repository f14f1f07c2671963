import { GraphBuilder, type InferNode } from "../../onnx/builder.js";
import { factOf } from "../../onnx/facts.js";
import { FullgradError, ShapeError, type UnsupportedNode } from "../../errors.js";
import type { Fact, Node, TypedGraph, Value } from "../../onnx/ir.js";
import { arityProblem } from "./arity.js";
import { AttributeReader } from "./attributes.js";
import { factsProblem } from "./check-facts.js";
import { missingRule } from "./missing-rule.js";
import { NodeView } from "./node-view.js";
import type { Role } from "./role.js";
import type { OpSpec } from "./spec.js";

/** The records of all operators, by domain and type. Immutable: `with` returns a changed copy. */
export class Registry {
  private readonly specs: ReadonlyMap<string, OpSpec>;

  private constructor(specs: ReadonlyMap<string, OpSpec>) {
    this.specs = specs;
  }

  /** @throws {FullgradError} if an operator has two records */
  static of(specs: readonly OpSpec[]): Registry {
    const map = new Map<string, OpSpec>();
    for (const spec of specs) {
      const key = qualifiedName(spec);
      if (map.has(key)) throw new FullgradError(`operator ${key} has two records`);
      map.set(key, spec);
    }
    return new Registry(map);
  }

  /** A copy with further records. A record of the same domain and type as an existing one replaces it. */
  extend(...specs: readonly OpSpec[]): Registry {
    const added = Registry.of(specs);
    return new Registry(new Map([...this.specs, ...added.specs]));
  }

  /** A copy with some fields of some records replaced: guided back-propagation changes the gradient of Relu. */
  with(changes: Readonly<Record<string, Partial<Pick<OpSpec, "vjp" | "bias">>>>): Registry {
    const map = new Map(this.specs);
    for (const [type, change] of Object.entries(changes)) {
      const spec = map.get(type);
      if (!spec) throw new FullgradError(`operator ${type} has no record to change`);
      map.set(type, { ...spec, ...change });
    }
    return new Registry(map);
  }

  /** The record of "Relu", or of "com.example:XTanh", the qualified name, if no domain is given. */
  get(op: string, domain = ""): OpSpec | undefined {
    return this.specs.get(qualifiedName({ type: op, domain }));
  }

  /** All records, in registration order. */
  all(): readonly OpSpec[] {
    return [...this.specs.values()];
  }

  /** The record of a node. @throws {ShapeError} if there is none; the importer lists all such nodes first */
  of(node: Node): OpSpec {
    const spec = this.get(node.op, node.domain);
    if (!spec) {
      const problem = `${qualified(node)} (node "${node.name}") is not supported`;
      throw new ShapeError(problem, { node: node.name });
    }
    return spec;
  }

  /** The role of a node's operator; undefined if it has no record. */
  role({ op, domain }: Node): Role | undefined {
    return this.get(op, domain)?.role;
  }

  /** Nodes of a graph that have no record. */
  holes(nodes: readonly Node[], opsets: ReadonlyMap<string, number>): UnsupportedNode[] {
    return nodes
      .filter((n) => !this.get(n.op, n.domain))
      .map((n) => ({
        node: n.name,
        op: qualified(n),
        opset: opsets.get(n.domain) ?? 0,
        reason: missingRule(n.op, n.domain),
      }));
  }

  /** Infers the facts of one node's outputs. */
  readonly infer: InferNode = (node, inputs, opsets) => {
    const spec = this.of(node);
    const values = inputs.map((fact, i) => fact && { name: node.inputs[i] ?? "", fact });
    const opset = opsets.get(node.domain) ?? 0;
    const attrs = spec.attrs(new AttributeReader(node));
    try {
      const wrong = arityProblem(node, spec.arity);
      if (wrong !== undefined) throw new ShapeError(wrong);
      const view = new NodeView({ node, attrs, opset, inputs: values });
      const facts = spec.infer?.(view) ?? this.inferByDefinition(view, spec, opsets);
      const problem = factsProblem(facts);
      if (problem !== undefined) throw new ShapeError(`its output would have ${problem}`);
      return facts;
    } catch (error) {
      if (error instanceof ShapeError && error.node !== node.name) {
        throw new ShapeError(`${qualified(node)} (node "${node.name}"): ${error.message}`, {
          ...{ cause: error, node: node.name },
        });
      }
      throw error;
    }
  };

  /** Facts inferred from a node's definition, built on a scratch graph. */
  private inferByDefinition(
    view: NodeView,
    { definition, type }: OpSpec,
    opsets: ReadonlyMap<string, number>,
  ): readonly Fact[] {
    if (!definition) throw new FullgradError(`operator ${type} has neither infer nor definition`);
    const empty = { nodes: [], inputs: [], outputs: [], constants: new Map(), metadata: new Map() };
    const given = view.inputs.flatMap((v) => (v ? [[v.name, v.fact] as const] : []));
    const graph = { ...empty, name: "", opsets, facts: new Map(given) };
    const made = definition(GraphBuilder.on(graph, this.infer), view);
    return made.map((value) => value?.fact ?? unused);
  }

  /** The view of a node in a typed graph that its rules are given. */
  view(graph: TypedGraph, node: Node, isActive: (value: string) => boolean): NodeView {
    const value = (name: string): Value | undefined =>
      name === "" ? undefined : { name, fact: factIn(graph, name) };
    const spec = this.of(node);
    return new NodeView({
      node,
      attrs: spec.attrs(new AttributeReader(node)),
      opset: graph.opsets.get(node.domain) ?? 0,
      inputs: node.inputs.map(value),
      outputs: node.outputs.map((name) => value(name) ?? { name: "", fact: unused }),
      active: node.inputs.map((name) => name !== "" && isActive(name)),
    });
  }
}

const unused: Fact = { dtype: "float32", shape: [] };

function factIn(graph: TypedGraph, name: string): Fact {
  const fact = graph.facts.get(name);
  if (fact) return fact;
  const constant = graph.constants.get(name);
  if (constant) return factOf(constant);
  throw new ShapeError(`the graph has no facts for value "${name}"`);
}

/** "Relu" of ai.onnx, "com.example:XTanh" of any other domain. */
export function qualifiedName({ type, domain = "" }: Pick<OpSpec, "type" | "domain">): string {
  return domain === "" ? type : `${domain}:${type}`;
}

function qualified({ op, domain }: Node): string {
  return qualifiedName({ type: op, domain });
}
