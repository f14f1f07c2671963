import { broadcast, normalizeAxis, sizeOf } from "../../../tensor/shape.js";
import { fromNumbers } from "../../../tensor/tensor.js";
import {
  inMemory,
  longAxes,
  plainLayout,
  reshapedLayout,
  sameLayout,
  sameOrder,
  type Layout,
} from "../layout.js";
import type {
  BinaryOperator,
  ElementType,
  ReductionOperator,
  StepAttributes,
  StepOperator,
  UnaryOperator,
} from "../program.js";
import { ProgramWriter, type Operand } from "./program-writer.js";
import { sumOfRows } from "./sum-of-rows.js";

/** The result of each reduction over zero elements. */
const ofNothing: Readonly<Record<ReductionOperator, number>> = {
  Sum: 0,
  Mean: NaN,
  Prod: 1,
  Max: -Infinity,
  Min: Infinity,
};

/**
 * The operations that lowerings are written in. Their interface uses the graph's dims and axes (NCHW); memory layouts
 * are handled here, and data move only if layouts conflict.
 */
export class TfOpBuilder extends ProgramWriter {
  private readonly arranged = new Map<string, Operand>();

  scalar(value: number, type: ElementType = "float32"): Operand {
    return this.constant(fromNumbers(type, [], [value]));
  }

  floats(dims: readonly number[], values: ArrayLike<number>): Operand {
    return this.constant(fromNumbers("float32", dims, values));
  }

  integers(values: ArrayLike<number>, dims: readonly number[] = [values.length]): Operand {
    return this.constant(fromNumbers("int32", dims, values));
  }

  /** A tensor filled with one value, created at run time. */
  fill(
    dims: readonly number[],
    value: number,
    type: ElementType = "float32",
    layout = plainLayout(dims.length),
  ): Operand {
    const shape = inMemory(dims, layout);
    const id = this.emit("Fill", [], { shape, value, type }, type, shape);
    return { id, type, dims, layout, uniform: value };
  }

  // Layouts

  /** Moves a tensor to another layout. */
  arrange(x: Operand, layout: Layout): Operand {
    if (sameLayout(x.layout, layout)) return x;
    const key = `${x.id}:${layout.join()}:${x.layout.join()}`;
    const known = this.arranged.get(key);
    if (known) return known;
    const shape = inMemory(x.dims, layout);
    const id = sameOrder(x.dims, x.layout, layout)
      ? this.emitReshape(x.id, x.type, inMemory(x.dims, x.layout), shape)
      : this.turn(x, layout, shape);
    const result = { ...x, id, layout };
    this.arranged.set(key, result);
    return result;
  }

  plain(x: Operand): Operand {
    return this.arrange(x, plainLayout(x.dims.length));
  }

  /** Transposes in memory. Axes that stay adjacent are merged, because kernels support few dimensions. */
  private turn(x: Operand, layout: Layout, shape: readonly number[]): number {
    const [from, to] = [longAxes(x.dims, x.layout), longAxes(x.dims, layout)];
    const runs: number[][] = [];
    for (const axis of from) {
      const last = runs.at(-1)?.at(-1);
      const follows = last !== undefined && to[to.indexOf(last) + 1] === axis;
      if (follows) runs.at(-1)!.push(axis);
      else runs.push([axis]);
    }
    const length = (run: readonly number[]): number => sizeOf(run.map((axis) => x.dims[axis]!));
    const perm = runs
      .map((_, i) => i)
      .sort((i, j) => to.indexOf(runs[i]![0]!) - to.indexOf(runs[j]![0]!));
    const before = runs.map(length);
    const after = perm.map((i) => before[i]!);
    const flat = this.emitReshape(x.id, x.type, inMemory(x.dims, x.layout), before);
    const turned = this.emit("Transpose", [flat], { perm }, x.type, after);
    return this.emitReshape(turned, x.type, after, shape);
  }

  /**
   * Reshapes. Free if each merged or split group of axes is contiguous in memory; otherwise the tensor is first moved
   * to the graph's order.
   */
  reshape(x: Operand, dims: readonly number[]): Operand {
    for (let s: Operand | undefined = x; s; s = s.reshapedFrom) {
      if (s.dims.length === dims.length && sameLayout(s.dims, dims)) return s;
    }
    const layout = reshapedLayout(x.dims, x.layout, dims);
    const source = layout ? x : this.plain(x);
    const shape = layout ? inMemory(dims, layout) : dims;
    const before = inMemory(source.dims, source.layout);
    const id = this.emitReshape(source.id, x.type, before, shape);
    const known = {
      ...(x.known ? { known: { ...x.known, dims } } : {}),
      ...(x.uniform === undefined ? {} : { uniform: x.uniform }),
    };
    return {
      id,
      type: x.type,
      dims,
      layout: layout ?? plainLayout(dims.length),
      reshapedFrom: x,
      ...known,
    };
  }

  /** Permutes the axes without moving data. */
  transpose(x: Operand, perm: readonly number[]): Operand {
    const layout = x.layout.map((axis) => perm.indexOf(axis));
    return { id: x.id, type: x.type, dims: perm.map((axis) => x.dims[axis]!), layout };
  }

  /** Prepends axes of extent 1 up to a rank. */
  lift(x: Operand, rank: number): Operand {
    const missing = rank - x.dims.length;
    return missing > 0 ? this.reshape(x, [...new Array<number>(missing).fill(1), ...x.dims]) : x;
  }

  /** Brings operands of equal rank to a common layout: that of the largest non-constant operand. */
  align(operands: readonly Operand[]): readonly Operand[] {
    const rank = Math.max(...operands.map((o) => o.dims.length));
    const lifted = operands.map((o) => this.lift(o, rank));
    const plain = plainLayout(rank);
    const weight = (o: Operand): number =>
      (o.known ? 0 : 2 * sizeOf(o.dims)) + (sameOrder(o.dims, o.layout, plain) ? 0 : 1);
    const [first, ...others] = lifted;
    const { layout } = others.reduce((best, o) => (weight(o) > weight(best) ? o : best), first!);
    return lifted.map((o) => this.arrange(o, layout));
  }

  // Elementwise operations

  unary(op: UnaryOperator, x: Operand): Operand {
    return this.map(op, x, {});
  }

  /** A shape-preserving step with one operand. */
  map<O extends StepOperator>(op: O, x: Operand, attributes: StepAttributes[O]): Operand {
    const id = this.emit(op, [x.id], attributes, x.type, inMemory(x.dims, x.layout));
    return { id, type: x.type, dims: x.dims, layout: x.layout };
  }

  /** With broadcasting. Comparisons return float32 masks. */
  binary(op: BinaryOperator, a: Operand, b: Operand): Operand {
    const [p, q] = this.align([a, b]) as [Operand, Operand];
    const dims = broadcast(p.dims, q.dims) as number[];
    const isComparison = op === "Equal" || op === "Greater" || op === "GreaterEqual";
    const type = isComparison ? "float32" : p.type;
    const id = this.emit(op, [p.id, q.id], {}, type, inMemory(dims, p.layout));
    return { id, type, dims, layout: p.layout };
  }

  add(a: Operand, b: Operand): Operand {
    return this.binary("AddV2", a, b);
  }

  sub(a: Operand, b: Operand): Operand {
    return this.binary("Sub", a, b);
  }

  mul(a: Operand, b: Operand): Operand {
    return this.binary("Mul", a, b);
  }

  div(a: Operand, b: Operand): Operand {
    return this.binary("RealDiv", a, b);
  }

  scale(x: Operand, by: number): Operand {
    return by === 1 ? x : this.mul(x, this.scalar(by, x.type));
  }

  shift(x: Operand, by: number): Operand {
    return by === 0 ? x : this.add(x, this.scalar(by, x.type));
  }

  clip(x: Operand, min: number, max: number): Operand {
    return { ...this.map("ClipByValue", x, { min, max }), clippedTo: [min, max] };
  }

  cast(x: Operand, type: ElementType): Operand {
    if (x.type === type) return x;
    const id = this.emit("Cast", [x.id], { type }, type, inMemory(x.dims, x.layout));
    return { id, type, dims: x.dims, layout: x.layout };
  }

  /** The mask x > bound, for a finite number. */
  above(x: Operand, bound: number): Operand {
    return this.unary("Step", this.shift(x, -bound));
  }

  /** The mask x < bound, for a finite number. */
  below(x: Operand, bound: number): Operand {
    return this.unary("Step", this.sub(this.scalar(bound), x));
  }

  /** 1 − m for a mask m. */
  not(mask: Operand): Operand {
    return this.sub(this.scalar(1), mask);
  }

  /** mask ≠ 0 ? a : b, with broadcasting. Elements not selected may be NaN or infinite. */
  select(mask: Operand, a: Operand, b: Operand): Operand {
    const dims = broadcast(mask.dims, a.dims, b.dims) as number[];
    const [m, p, q] = this.align([mask, a, b]).map((o) => this.expand(o, dims));
    const id = this.emit("SelectV2", [m!.id, p!.id, q!.id], {}, a.type, inMemory(dims, m!.layout));
    return { id, type: a.type, dims, layout: m!.layout };
  }

  /**
   * Broadcasts to dims by adding zeros, which is fast everywhere. TensorFlow's BroadcastTo is implemented with Tile,
   * which on wasm takes 50 ms for 800 000 elements.
   */
  expand(x: Operand, dims: readonly number[]): Operand {
    const lifted = this.lift(x, dims.length);
    if (sameLayout(lifted.dims, dims)) return lifted;
    const value = x.known && sizeOf(x.dims) === 1 ? Number(x.known.data[0]) : undefined;
    if (value !== undefined) return this.fill(dims, value, x.type, lifted.layout);
    const { layout } = lifted;
    const shape = inMemory(dims, layout);
    const zeros = this.fill(dims, 0, x.type, layout);
    const id = this.emit("AddV2", [lifted.id, zeros.id], {}, x.type, shape);
    return { id, type: x.type, dims, layout };
  }

  // Reductions

  reduce(op: ReductionOperator, x: Operand, axes: readonly number[], keepDims = true): Operand {
    const reduced = axes.map((axis) => normalizeAxis(axis, x.dims.length));
    if (reduced.length === 0) return x;
    const kept = x.dims.map((d, i) => (reduced.includes(i) ? 1 : d));
    const dims = keepDims ? kept : x.dims.filter((_, i) => !reduced.includes(i));
    if (sizeOf(x.dims) === 0) return this.fill(dims, ofNothing[op], x.type);
    const axis = reduced.map((a) => x.layout.indexOf(a)).sort((p, q) => p - q);
    const shape = inMemory(kept, x.layout);
    const id =
      sumOfRows(this, op, x, axis, shape) ??
      this.emit(op, [x.id], { axis, keepDims: true }, x.type, shape);
    return this.reshape({ id, type: x.type, dims: kept, layout: x.layout }, dims);
  }

  /** Moves an axis to the end in memory. */
  lastInMemory(x: Operand, axis: number): Operand {
    if (x.layout.at(-1) === axis) return x;
    return this.arrange(x, [...x.layout.filter((a) => a !== axis), axis]);
  }
}
