/**
 * The part common to LSTM, GRU and RNN: a cell, unrolled over a sequence of fixed length, in one direction or two.
 * Values of a step keep the step as an axis of extent 1, so that outputs are concatenated without reshaping.
 *
 * @see https://onnx.ai/onnx/operators/onnx__LSTM.html
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import type { Dim } from "../../tensor/shape.js";
import { byDefinition } from "../core/by-definition.js";
import type { OpSpec } from "../core/spec.js";
import { activationsOf } from "./activation.js";
import {
  parts,
  recurrentAttrs,
  type NewState,
  type RecurrentAttrs,
  type RecurrentCell,
  type RecurrentState,
  type RecurrentView,
  type RecurrentWeights,
} from "./recurrent-cell.js";

/** A recurrent operator. */
interface Recurrence {
  readonly type: string;
  readonly since: number;
  /** Number of gates, whose matrices [H, I] are stacked in W. */
  readonly gates: number;
  readonly most: number;
  /** Names of the default functions. */
  readonly functions: readonly string[];
  readonly hasCell?: boolean;
  cell(b: GraphBuilder, n: RecurrentView, weights: RecurrentWeights): RecurrentCell;
}

/**
 * The longest sequence that is unrolled: 200 steps of LSTM with gradient, terms and map are 9,000 nodes, and engines
 * plan the memory of a graph in more than linear time.
 */
export const mostSteps = 2048;

interface Geometry {
  readonly steps: Dim;
  readonly batch: Dim;
  readonly hidden: number;
}

function geometryOf(n: RecurrentView, { gates }: Recurrence): Geometry {
  const [first, second, size] = n.shape();
  const [w, r] = [n.shape(1), n.shape(2)];
  const hidden = r[2];
  const count = n.attrs.directions.length;
  const fits =
    n.rank() === 3 && w.length === 3 && r.length === 3 && w[0] === count && r[0] === count;
  if (!fits || typeof hidden !== "number") {
    const shapes = [n.shape(), w, r].map((s) => `[${s.join(",")}]`).join(", ");
    throw n.error(`X, W and R ${shapes} must be sequences and weights for ${count} directions`);
  }
  const wrong = w[1] !== gates * hidden || r[1] !== gates * hidden;
  if (wrong || (typeof size === "number" && typeof w[2] === "number" && w[2] !== size)) {
    throw n.error(
      `W [${w.join(",")}] and R [${r.join(",")}] do not fit X [${n.shape().join(",")}]`,
    );
  }
  const [steps, batch] = n.attrs.batchFirst ? [second!, first!] : [first!, second!];
  return { steps, batch, hidden };
}

function facts(n: RecurrentView, kind: Recurrence): Fact[] {
  const { steps, batch, hidden } = geometryOf(n, kind);
  const count = n.attrs.directions.length;
  const [y, state] = n.attrs.batchFirst
    ? [
        [batch, steps, count, hidden],
        [batch, count, hidden],
      ]
    : [
        [steps, count, batch, hidden],
        [count, batch, hidden],
      ];
  return [n.like(y), n.like(state), ...(kind.hasCell ? [n.like(state)] : [])];
}

/** Row d of input i, which has one row per direction; undefined if the input is absent or all zero. */
function rowOf(b: GraphBuilder, n: RecurrentView, i: number, d: number): Value | undefined {
  const all = n.optional(i);
  if (!all || n.elements(i)?.every((e) => e === 0)) return undefined;
  return n.attrs.directions.length > 1 ? b.slice(all, [0], [d], [d + 1]) : all;
}

const matrixOf = (b: GraphBuilder, row: Value): Value => b.op("Squeeze", [row, b.ints([0])]);

/** The initial state of a direction, [1,N,H]; undefined for zeros. */
function initial(b: GraphBuilder, n: RecurrentView, i: number, d: number): Value | undefined {
  const all = n.optional(i);
  if (!all || n.elements(i)?.every((e) => e === 0)) return undefined;
  const rows = n.attrs.batchFirst ? b.transpose(all, [1, 0, 2]) : all;
  return n.attrs.directions.length > 1 ? b.slice(rows, [0], [d], [d + 1]) : rows;
}

/** Whether sequence_lens is needed: sequences of full length need no masks. */
function lengthsOf(n: RecurrentView, steps: Dim): Value | undefined {
  return n.elements(4)?.every((length) => length === steps) ? undefined : n.optional(4);
}

/** The record of an operator that is unrolled. */
export function recurrence(kind: Recurrence): OpSpec<RecurrentAttrs> {
  return byDefinition<RecurrentAttrs>({
    type: kind.type,
    since: kind.since,
    arity: [3, kind.most],
    role: "function",
    axes: (n) => ({ kind: "sequence", batch: n.attrs.batchFirst ? 0 : 1 }),
    parameters: [undefined, "weight", "weight", "bias"],
    reads: { states: kind.hasCell ? [5, 6] : [5] },
    attrs: recurrentAttrs,
    infer: (n) => facts(n, kind),
    definition: (b, n) => writtenOut(b, n, kind),
  });
}

function writtenOut(b: GraphBuilder, n: RecurrentView, kind: Recurrence): Value[] {
  const { steps, hidden } = geometryOf(n, kind);
  if (typeof steps !== "number") {
    throw n.refusal(
      `the length of its sequence (${steps}) must be known before the model runs: give an input of a fixed size`,
    );
  }
  if (steps < 1 || steps > mostSteps) {
    throw n.refusal(
      `a sequence of ${steps} steps cannot be unrolled; the limit is 1 to ${mostSteps}`,
    );
  }
  const { directions, batchFirst } = n.attrs;
  const rows = batchFirst ? b.transpose(n.x(), [1, 0, 2], "steps") : n.x();
  const functions = activationsOf(n, kind.functions);
  const results = directions.map((direction, d) => {
    const at = b.within(`${n.name}/${direction}`);
    const bias = rowOf(at, n, 3, d);
    const size = kind.gates * hidden;
    const halves = bias && parts(at, matrixOf(at, bias), 0, [size, size]);
    const [w, r] = [1, 2].map((i) => {
      const all = n.x(i);
      const row = directions.length > 1 ? at.slice(all, [0], [d], [d + 1]) : all;
      return at.transpose(matrixOf(at, row), [1, 0], i === 1 ? "W" : "R");
    });
    const peepholes = kind.hasCell ? rowOf(at, n, 7, d) : undefined;
    const weights: RecurrentWeights = {
      hidden,
      functions: functions[d]!,
      recurrent: r!,
      bias: halves && [halves[0]!, halves[1]!],
      peepholes: peepholes && matrixOf(at, peepholes),
    };
    const product = at.matmul(rows, w!, "X");
    const cell = kind.cell(at, n, weights);
    const inputs = parts(
      at,
      cell.added ? at.add(product, cell.added, "X/biased") : product,
      0,
      new Array<number>(steps).fill(1),
    );
    const state = { h: initial(at, n, 5, d), c: kind.hasCell ? initial(at, n, 6, d) : undefined };
    return walk(at, n, { inputs, cell, state, isReverse: direction === "reverse" });
  });
  const join = (list: readonly Value[]): Value => {
    const joined = b.concat(list, 0, "state");
    return batchFirst ? b.transpose(joined, [1, 0, 2]) : joined;
  };
  const outputs = results.map(({ outputs: list }) =>
    b.op("Unsqueeze", [b.concat(list, 0, "outputs"), b.ints([1])]),
  );
  const y = b.concat(outputs, 1, "directions");
  return [
    batchFirst ? b.transpose(y, [2, 0, 1, 3]) : y,
    join(results.map(({ last }) => last.h)),
    ...(kind.hasCell ? [join(results.map(({ last }) => last.c!))] : []),
  ];
}

interface Walk {
  /** Outputs of each step, in the order of the sequence. */
  readonly inputs: readonly Value[];
  readonly cell: RecurrentCell;
  readonly state: RecurrentState;
  readonly isReverse: boolean;
}

/**
 * All steps of one direction. After the end of a shorter sequence, outputs are 0 and the state is kept; in reverse, the
 * initial state is kept until the sequence begins.
 */
function walk(
  b: GraphBuilder,
  n: RecurrentView,
  { inputs, cell, state: first, isReverse }: Walk,
): { outputs: readonly Value[]; last: NewState } {
  const lengths = lengthsOf(n, inputs.length);
  const outputs = new Array<Value>(inputs.length);
  let state: RecurrentState = first;
  for (let k = 0; k < inputs.length; k++) {
    const t = isReverse ? inputs.length - 1 - k : k;
    const of = `${n.name}/${isReverse ? "reverse" : "forward"}`;
    const step = (part: string): GraphBuilder =>
      b.within(`${of}/${t}/${part}`, { of: `${of}/${part}`, at: t, count: inputs.length });
    const made = cell.step(step, inputs[t]!, state);
    if (!lengths) {
      outputs[t] = made.h;
      state = { c: undefined, ...made };
      continue;
    }
    const at = step("still");
    const still = at.reshape(at.less(at.scalar(t, lengths), lengths), [1, -1, 1], "still");
    const zero = at.scalar(0, made.h);
    outputs[t] = at.where(still, made.h, zero, "output");
    state = {
      h: at.where(still, made.h, state.h ?? zero, "h"),
      c: made.c && at.where(still, made.c, state.c ?? zero, "c"),
    };
  }
  const { h, c } = state;
  return { outputs, last: { h: h!, ...(c ? { c } : {}) } };
}
