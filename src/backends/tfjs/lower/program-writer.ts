import { inMemory, plainLayout, type Layout } from "../layout.js";
import type {
  ElementType,
  Program,
  ProgramPort,
  ProgramValue,
  Step,
  StepAttributes,
  StepOperator,
  ValueId,
} from "../program.js";
import { bytesOf, fromNumbers, toNumbers, type Tensor } from "../../../tensor/tensor.js";
import { isFloat } from "../../../tensor/dtype.js";

/** A tensor of the graph during lowering: its program value and memory order. */
export interface Operand {
  readonly id: ValueId;
  readonly type: ElementType;
  /** Dims in the graph. */
  readonly dims: readonly number[];
  readonly layout: Layout;
  /** The elements, if known at compile time. */
  readonly known?: Tensor;
  /** The common value of all elements, if known. */
  readonly uniform?: number;
  /** The bounds of the elements, if the operand was clipped. */
  readonly clippedTo?: readonly [number, number];
  /** The operand before a reshape, so that reshaping back is free. */
  readonly reshapedFrom?: Operand;
}

/** Collects the steps, constants and ports of a program. */
export class ProgramWriter {
  private readonly values: ProgramValue[] = [];
  private readonly constants = new Map<ValueId, Tensor>();
  /** Values computed from constants alone. */
  private readonly still = new Set<ValueId>();
  private readonly small = new Map<string, Operand>();
  private readonly steps: Step[] = [];
  private readonly inputs: ProgramPort[] = [];
  private readonly outputs: ProgramPort[] = [];
  private readonly names = new Map<string, number>();
  /** Name of the node being lowered; prefixes its steps. */
  place = "";

  /** Adds a step with one output; its shape is in memory order. */
  emit<O extends StepOperator>(
    op: O,
    inputs: readonly ValueId[],
    attributes: StepAttributes[O],
    type: ElementType,
    shape: readonly number[],
  ): ValueId {
    return this.emitAll(op, inputs, attributes, [{ type, shape }])[0]!;
  }

  /** Reshapes in memory; no step if the shape is the same. */
  emitReshape(
    id: ValueId,
    type: ElementType,
    from: readonly number[],
    to: readonly number[],
  ): ValueId {
    const isSame = from.length === to.length && from.every((d, i) => d === to[i]);
    return isSame ? id : this.emit("Reshape", [id], { shape: to }, type, to);
  }

  /** Adds a step with several outputs. */
  emitAll<O extends StepOperator>(
    op: O,
    inputs: readonly ValueId[],
    attributes: StepAttributes[O],
    results: readonly { readonly type: ElementType; readonly shape: readonly number[] }[],
  ): ValueId[] {
    const outputs = results.map(({ type, shape }) =>
      this.value(`${this.place}/${op}`, type, shape),
    );
    this.steps.push({ op, inputs, outputs, attributes } as unknown as Step);
    if (inputs.length > 0 && inputs.every((id) => this.still.has(id))) {
      outputs.forEach((id) => this.still.add(id));
    }
    return outputs;
  }

  /** Adds a constant with the graph's dims. Equal small constants are stored once. */
  constant(t: Tensor, name = `${this.place}/constant`): Operand {
    const numbers = asElementType(t);
    const key = numbers.data.length > 16 ? undefined : keyOf(numbers);
    const kept = key === undefined ? undefined : this.small.get(key);
    if (kept) return kept;
    const type = numbers.dtype as ElementType;
    const id = this.value(name, type, t.dims);
    this.constants.set(id, numbers);
    this.still.add(id);
    const operand = { id, type, dims: t.dims, layout: plainLayout(t.dims.length), known: numbers };
    if (key !== undefined) this.small.set(key, operand);
    return operand;
  }

  /** True if the operand is computed from constants alone, and so only once. */
  isStill(x: Operand): boolean {
    return this.still.has(x.id);
  }

  input(port: Omit<ProgramPort, "value">): Operand {
    const type = elementTypeOf(port.dtype);
    const id = this.value(port.name, type, inMemory(port.dims, port.layout));
    this.inputs.push({ ...port, value: id });
    return { id, type, dims: port.dims, layout: port.layout };
  }

  output(port: ProgramPort): void {
    this.outputs.push(port);
  }

  /** The program without dead steps and constants. */
  build(): Program {
    const needed = new Set(this.outputs.map((o) => o.value));
    const steps = this.steps
      .toReversed()
      .filter((step) => {
        const isNeeded = step.outputs.some((id) => needed.has(id));
        if (isNeeded) step.inputs.forEach((id) => needed.add(id));
        return isNeeded;
      })
      .toReversed();
    return {
      values: this.values,
      constants: new Map([...this.constants].filter(([id]) => needed.has(id))),
      inputs: this.inputs,
      outputs: this.outputs,
      steps,
    };
  }

  private value(wanted: string, type: ElementType, shape: readonly number[]): ValueId {
    const number = this.names.get(wanted) ?? 0;
    this.names.set(wanted, number + 1);
    const name = number === 0 ? wanted : `${wanted}_${number}`;
    return this.values.push({ name, type, shape }) - 1;
  }
}

/** The element type that stores a dtype; booleans are float32 masks. */
export function elementTypeOf(dtype: Tensor["dtype"]): ElementType {
  return isFloat(dtype) || dtype === "bool" ? "float32" : "int32";
}

const int32Range = [-(2 ** 31), 2 ** 31 - 1] as const;

/** Clamps 64-bit integers to 32 bits; larger values stand for "to the end". */
function asElementType(t: Tensor): Tensor {
  if (t.dtype === "float32" || t.dtype === "int32") return t;
  const numbers = Float64Array.from(toNumbers(t));
  const [least, most] = int32Range;
  const type = elementTypeOf(t.dtype);
  const kept = type === "int32" ? numbers.map((v) => Math.min(Math.max(v, least), most)) : numbers;
  return fromNumbers(type, t.dims, kept);
}

const keyOf = (t: Tensor): string => `${t.dtype}[${t.dims.join()}]${bytesOf(t).join()}`;
