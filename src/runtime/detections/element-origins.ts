import type { Backend } from "../../backends/backend.js";
import { TargetError } from "../../errors.js";
import { GraphBuilder } from "../../onnx/builder.js";
import type { Graph, Node, TypedGraph, Value } from "../../onnx/ir.js";
import { producersOf } from "../../onnx/producers.js";
import { AttributeReader } from "../../ops/core/attributes.js";
import { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import { isMovement } from "../../ops/core/role.js";
import type { OpSpec } from "../../ops/core/spec.js";
import { isFloat } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { int64, toNumbers, type Tensor, type Tensors } from "../../tensor/tensor.js";

/** An element of a value of the model, by its row-major index. */
export interface Element {
  readonly value: string;
  readonly at: number;
}

/** Whether the elements of a node's output are elements of its inputs. */
const copies = (record: OpSpec | undefined): record is OpSpec =>
  record !== undefined &&
  (isMovement(record.role) ||
    record.role === "join" ||
    record.role === "choice" ||
    record.pick !== undefined);

/** The values needed to determine the origins of the elements of one value ({@link originsOf}). */
export function valuesForOrigins(graph: Graph, registry: Registry, name: string): string[] {
  const makers = producersOf(graph);
  const needed = new Set<string>();
  const open = [name];
  for (let wanted = open.pop(); wanted !== undefined; wanted = open.pop()) {
    if (wanted === "" || needed.has(wanted) || graph.constants.has(wanted)) continue;
    needed.add(wanted);
    const maker = makers.get(wanted);
    if (!maker || !copies(registry.get(maker.op, maker.domain))) continue;
    const chosen = registry.get(maker.op, maker.domain)!.pick ? maker.outputs : [];
    for (const other of chosen) if (other !== "") needed.add(other);
    open.push(...maker.inputs);
  }
  return [...needed];
}

/**
 * The origin of each element of a value: runs the selections before it on element numbers instead of elements, with the
 * indices and masks that they have for the image.
 *
 * @param values the values of {@link valuesForOrigins}, for one image
 * @returns for each element the computed element that it is a copy of; undefined for a constant
 * @throws {TargetError} if a selection cannot be traced
 */
export async function originsOf(
  graph: Graph,
  registry: Registry,
  name: string,
  values: Tensors,
  backend: Backend,
): Promise<readonly (Element | undefined)[]> {
  const numbering = new Numbering(graph, registry, values);
  const numbered = numbering.of(name);
  const found = await run(numbering.build(numbered), backend);
  return Array.from(toNumbers(found), (number) => numbering.element(number));
}

async function run(graph: TypedGraph, backend: Backend): Promise<Tensor> {
  const compiled = await backend.compile(graph);
  try {
    const results = await compiled.run(new Map());
    return results.get(graph.outputs[0]!.name)!;
  } finally {
    await compiled.dispose();
  }
}

/** The graph of selections, on numbers of elements. */
class Numbering {
  private readonly graph: Graph;
  private readonly registry: Registry;
  private readonly values: Tensors;
  private readonly makers: ReadonlyMap<string, Node>;
  private readonly b: GraphBuilder;
  private readonly numbered = new Map<string, Value>();
  /** Values with numbered elements; the numbers of each begin at `first`. */
  private readonly sources: { readonly value: string; readonly first: number }[] = [];
  private count = 0;

  constructor(graph: Graph, registry: Registry, values: Tensors) {
    this.graph = graph;
    this.registry = registry;
    this.values = values;
    this.makers = producersOf(graph);
    const { opsets } = graph;
    const parts = { inputs: [], outputs: [], nodes: [], constants: new Map(), facts: new Map() };
    const empty = { ...parts, name: "origins", opsets, metadata: new Map() };
    this.b = GraphBuilder.on(empty, registry.infer);
  }

  build(value: Value): TypedGraph {
    return this.b.build([{ name: "origins", value }]);
  }

  element(number: number): Element | undefined {
    const source = this.sources.findLast(({ first }) => first <= number);
    return source && { value: source.value, at: number - source.first };
  }

  /** The numbers of a value's elements. */
  of(name: string): Value {
    const known = this.numbered.get(name);
    if (known) return known;
    const maker = this.makers.get(name);
    const record = maker && this.registry.get(maker.op, maker.domain);
    const { dims } = this.value(name);
    const numbers = this.graph.constants.has(name)
      ? this.b.constant(int64(new Array<number>(sizeOf(dims)).fill(-1), dims))
      : maker && copies(record) && this.readsFloats(maker, record)
        ? this.copied(maker, record, name)
        : this.source(name);
    this.numbered.set(name, numbers);
    return numbers;
  }

  private source(value: string): Value {
    const { dims } = this.value(value);
    const size = sizeOf(dims);
    this.sources.push({ value, first: this.count });
    const numbers = Array.from({ length: size }, (_, i) => this.count + i);
    this.count += size;
    return this.b.constant(int64(numbers, dims), value);
  }

  private copied(node: Node, record: OpSpec, name: string): Value {
    const { b } = this;
    const given = (input: string): Value | undefined =>
      input === "" ? undefined : b.constant(this.value(input), input);
    if (record.pick) {
      const view = new NodeView({
        node,
        attrs: record.attrs(new AttributeReader(node)),
        opset: this.graph.opsets.get(node.domain) ?? 0,
        inputs: node.inputs.map(given),
        outputs: node.outputs.map((output) => given(output)!),
      });
      return record.pick(b, view, this.of(node.inputs[0]!));
    }
    if (record.role === "cast") return this.of(node.inputs[0]!);
    const inputs = node.inputs.map((input, i) =>
      this.isData(node, record, i) ? this.of(input) : given(input),
    );
    const { op, domain, attributes } = node;
    const outputs = b.call(op, inputs, attributes, { outputs: node.outputs.length, domain });
    return outputs[node.outputs.indexOf(name)]!;
  }

  /** Whether the node copies the elements of an input; its other inputs are indices or masks. */
  private isData({ inputs }: Node, { role }: OpSpec, i: number): boolean {
    if (inputs[i] === "") return false;
    if (role === "choice") return i > 0;
    return role === "join" ? isFloat(this.value(inputs[i]!).dtype) : i === 0;
  }

  private readsFloats(node: Node, record: OpSpec): boolean {
    return node.inputs.some(
      (input, i) => this.isData(node, record, i) && isFloat(this.value(input).dtype),
    );
  }

  private value(name: string): Tensor {
    const value = this.values.get(name) ?? this.graph.constants.get(name);
    if (value) return value;
    throw new TargetError(
      `"${name}" selects the rows, but the model's file has no value of this name`,
    );
  }
}
