import { startEngine } from "../../src/backends/tfjs/engine.js";
import { foldProgram } from "../../src/backends/tfjs/execute/fold-program.js";
import { channelsLast, type Layout } from "../../src/backends/tfjs/layout.js";
import { checkRunnable, lowerGraph } from "../../src/backends/tfjs/lower/lower-graph.js";
import type { ElementType, Program, ProgramPort, Step } from "../../src/backends/tfjs/program.js";
import { specialize } from "../../src/backends/tfjs/specialize.js";
import { InputError } from "../../src/errors.js";
import type { TypedGraph } from "../../src/onnx/ir.js";
import { isStatic } from "../../src/tensor/shape.js";
import { fromNumbers, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { packWeights, type PackedWeights } from "../tfjs/tfjs-weights.js";
import { tfShape, tfType, tfTypeName, writeStep, type NodeWriter, type TfNode } from "./tf-node.js";

/**
 * tfjs 4.22 requests all weight files at once and reads none until every response has started. Over HTTP/1.1 a browser
 * has six connections per server, each blocked by an unread file, so a seventh file would never start.
 */
const mostShards = 6;

export interface TfjsGraphOptions {
  /** The layout of images at the graph's inputs and outputs: the model's (default), or channels last. */
  readonly border?: "model" | "channels-last";
  readonly half?: boolean;
  /** The generator's name, recorded in the file. */
  readonly generatedBy: string;
}

export interface TfjsGraph {
  /** model.json without the weights manifest. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly weights: PackedWeights;
  readonly nodes: number;
  /** Whether the graph accepts batches of any size. */
  readonly dynamicBatch: boolean;
}

/**
 * A model as a TensorFlow graph that `tf.loadGraphModel` opens: inference in any tfjs program, NHWC inside.
 *
 * The batch stays open if only reshapes depend on it.
 *
 * @param graph prepared; height and width fixed
 * @throws {BackendError} naming every operator without a TensorFlow equivalent
 * @throws {InputError} if an extent other than the batch is open
 */
export async function convertToTfjsGraph(
  graph: TypedGraph,
  { border = "model", half = false, generatedBy }: TfjsGraphOptions,
): Promise<TfjsGraph> {
  checkRunnable(graph);
  const layouts = new Map(
    graph.inputs.flatMap(({ name, fact: { shape } }): [string, Layout][] =>
      border === "channels-last" && shape.length > 2 ? [[name, channelsLast(shape.length)]] : [],
    ),
  );
  const at = (batch: number): Program =>
    lowerGraph(specialize(graph, shapesFor(graph, batch)), { layouts });
  const isOpen = graph.inputs.some(({ fact: { shape } }) => !isStatic(shape));
  // Two and three, because some layouts treat a batch of one specially.
  const open = isOpen ? withOpenBatch(at(2), at(3)) : undefined;
  const engine = await startEngine("cpu");
  const program = await foldProgram(engine, open ?? at(1));
  const written = new GraphWriter(program, open !== undefined);
  return {
    model: {
      format: "graph-model",
      generatedBy,
      convertedBy: generatedBy,
      signature: {
        inputs: signatureOf(program.inputs, program, (p) => written.nameOf(p.value), !!open),
        outputs: signatureOf(program.outputs, program, (p) => written.outputs.get(p)!, !!open),
      },
      modelTopology: { node: written.nodes, library: {}, versions: { producer: 1395 } },
    },
    weights: packWeights([...written.weights], half, mostShards),
    nodes: written.nodes.length,
    dynamicBatch: open !== undefined,
  };
}

function shapesFor(graph: TypedGraph, batch: number): ReadonlyMap<string, readonly number[]> {
  return new Map(
    graph.inputs.map(({ name, fact: { shape } }) => {
      const rest = shape.slice(1);
      if (!isStatic(rest)) {
        throw new InputError(
          `input "${name}" is [${shape.join(",")}]; a TensorFlow graph needs its size (option size)`,
        );
      }
      const [first = 1] = shape;
      return [name, shape.length === 0 ? [] : [typeof first === "number" ? first : batch, ...rest]];
    }),
  );
}

/** A program for any batch, derived from programs for two sizes; undefined if they differ in more than an extent. */
function withOpenBatch(a: Program, b: Program): Program | undefined {
  if (a.steps.length !== b.steps.length || a.constants.size !== b.constants.size) return undefined;
  const steps: Step[] = [];
  for (const [i, step] of a.steps.entries()) {
    const other = b.steps[i]!;
    if (step.op !== other.op || step.inputs.join() !== other.inputs.join()) return undefined;
    if (JSON.stringify(step.attributes) === JSON.stringify(other.attributes)) {
      steps.push(step);
      continue;
    }
    const open = withOpenExtent(step, other);
    if (!open) return undefined;
    steps.push(open);
  }
  const isSame = ([id, t]: readonly [number, Tensor]): boolean => {
    const other = b.constants.get(id);
    return other !== undefined && (other === t || sameNumbers(other, t));
  };
  return [...a.constants].every(isSame) ? { ...a, steps } : undefined;
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  const [p, q] = [toNumbers(a), toNumbers(b)];
  if (a.dims.join() !== b.dims.join()) return false;
  for (let i = 0; i < p.length; i++) if (!Object.is(p[i], q[i])) return false;
  return true;
}

/** −1 means the inferred extent in Reshape, and up to the end in Slice. */
function withOpenExtent(a: Step, b: Step): Step | undefined {
  const open = (p: readonly number[], q: readonly number[]): readonly number[] | undefined => {
    const differing = p.flatMap((d, k) => (d === q[k] ? [] : [k]));
    if (p.length !== q.length || differing.length !== 1) return undefined;
    return p.map((d, k) => (k === differing[0] ? -1 : d));
  };
  if (a.op === "Reshape" && b.op === "Reshape") {
    const shape = open(a.attributes.shape, b.attributes.shape);
    return shape && { ...a, attributes: { shape } };
  }
  if (a.op === "Slice" && b.op === "Slice") {
    const [{ begin }, size] = [a.attributes, open(a.attributes.size, b.attributes.size)];
    const isFromStart = size?.every((d, k) => d >= 0 || begin[k] === 0);
    return size && isFromStart ? { ...a, attributes: { begin, size } } : undefined;
  }
  return undefined;
}

function signatureOf(
  ports: readonly ProgramPort[],
  program: Program,
  nameOf: (port: ProgramPort) => string,
  isOpen: boolean,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    ports.map((port) => {
      const { type, shape } = program.values[port.value]!;
      const name = nameOf(port);
      return [
        port.name,
        {
          name: name.includes(":") ? name : `${name}:0`,
          dtype: tfTypeName(type),
          tensorShape: tfShape(batched(shape, isOpen)),
        },
      ];
    }),
  );
}

/** TensorFlow represents an open extent as −1. */
const batched = (shape: readonly number[], isOpen: boolean): readonly number[] =>
  isOpen ? [-1, ...shape.slice(1)] : shape;

/** Writes a program's steps as nodes. */
class GraphWriter {
  readonly nodes: TfNode[] = [];
  readonly weights = new Map<string, Tensor>();
  /** The node of each output. */
  readonly outputs = new Map<ProgramPort, string>();
  private readonly names = new Map<number, string>();
  private readonly taken = new Set<string>();
  private readonly small = new Map<string, string>();

  constructor(program: Program, isOpen: boolean) {
    const { values } = program;
    for (const port of program.inputs) {
      const { name, type, shape } = values[port.value]!;
      const attr = { dtype: tfType(type), shape: { shape: tfShape(batched(shape, isOpen)) } };
      this.names.set(port.value, this.add(name, "Placeholder", [], attr));
    }
    for (const [id, t] of program.constants) {
      this.names.set(id, this.constant(values[id]!.name, t));
    }
    for (const step of program.steps) {
      const [first] = step.outputs;
      const place = values[first!]!.name;
      const typeOf = (id: number | undefined): ElementType => values[id ?? first!]!.type;
      const result = writeStep(
        this.writer(place),
        step,
        typeOf(step.inputs[0]),
        step.inputs.map((id) => this.nameOf(id)),
      );
      step.outputs.forEach((id, i) => this.names.set(id, i === 0 ? result : `${result}:${i}`));
    }
    for (const port of program.outputs) {
      const { type } = values[port.value]!;
      const attr = { T: tfType(type) };
      this.outputs.set(port, this.add(port.name, "Identity", [this.nameOf(port.value)], attr));
    }
  }

  nameOf(id: number): string {
    return this.names.get(id)!;
  }

  private writer(place: string): NodeWriter {
    return {
      node: (op, input, attr = {}, hint) =>
        this.add(hint === undefined ? place : `${place}/${hint}`, op, input, attr),
      ints: (values) => this.number(fromNumbers("int32", [values.length], values)),
      int: (value) => this.number(fromNumbers("int32", [], [value])),
      float: (value) => this.number(fromNumbers("float32", [], [value])),
    };
  }

  /** A small constant; equal constants share one node. */
  private number(t: Tensor): string {
    const key = `${t.dtype}/${t.dims.join("x")}/${Array.from(t.data as Float32Array).join("_")}`;
    const known = this.small.get(key);
    if (known !== undefined) return known;
    const name = this.constant(`number/${this.small.size}`, t);
    this.small.set(key, name);
    return name;
  }

  private constant(wanted: string, t: Tensor): string {
    const type = t.dtype === "int32" ? "int32" : "float32";
    const tensor = { dtype: tfTypeName(type), tensorShape: tfShape(t.dims) };
    const name = this.add(wanted, "Const", [], { dtype: tfType(type), value: { tensor } });
    this.weights.set(name, t);
    return name;
  }

  /** TensorFlow names contain only letters, digits and ._/-, and start with a letter, a digit or a dot. */
  private add(wanted: string, op: string, input: readonly string[], attr: TfNode["attr"]): string {
    const plain = wanted.replace(/[^A-Za-z0-9_./-]/g, "_").replace(/^[^A-Za-z0-9.]+/, "");
    const base = plain === "" ? op : plain;
    let name = base;
    for (let i = 1; this.taken.has(name); i++) name = `${base}_${i}`;
    this.taken.add(name);
    this.nodes.push({ name, op, input, attr });
    return name;
  }
}
