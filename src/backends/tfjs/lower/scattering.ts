import { sizeOf, stridesOf } from "../../../tensor/shape.js";
import { checkMade } from "../../../tensor/tensor.js";
import { flatPositions, fromTheFront } from "./indexing.js";
import type { AxisAttrs, Lowerings, NodeToLower } from "./lowering.js";
import { sendToMaxima, type MaximumPool, type PoolIndices } from "./max-indices.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Scatters updates to flat positions of data, by assignment or addition. */
function scatter(
  w: TfOpBuilder,
  n: NodeToLower<{ reduction: string }>,
  data: Operand,
  positions: Operand,
  updates: Operand,
): Operand {
  const count = sizeOf(positions.dims);
  const rows = w.reshape(w.plain(data), [sizeOf(data.dims)]);
  const [indices, values] = [
    w.reshape(w.plain(positions), [count, 1]),
    w.reshape(w.plain(updates), [count]),
  ];
  const { reduction } = n.attrs;
  const { type, dims } = rows;
  const make = (id: number): Operand => w.reshape({ id, type, dims, layout: [0] }, data.dims);
  if (reduction === "none") {
    if (count === 0) return data;
    return make(w.emit("TensorScatterUpdate", [rows.id, indices.id, values.id], {}, type, dims));
  }
  if (reduction !== "add") return w.reshape(reduced(w, n, rows, indices, values), data.dims);
  const shape = { shape: dims };
  const sums = make(w.emit("ScatterNd", [indices.id, values.id], shape, type, dims));
  return data.uniform === 0 ? sums : w.add(data, sums);
}

/** Rows reduced with the updates at their positions, by a matrix of all positions and updates: tfjs only adds while it scatters. */
function reduced(
  w: TfOpBuilder,
  n: NodeToLower<{ reduction: string }>,
  rows: Operand,
  indices: Operand,
  values: Operand,
): Operand {
  const [count, positions] = [values.dims[0]!, rows.dims[0]!];
  checkMade([count, positions], `for ${n.view.node.op} (node "${n.view.name}") a matrix`);
  const all = w.integers(
    Array.from({ length: positions }, (_, i) => i),
    [1, positions],
  );
  const isHere = w.expand(w.binary("Equal", indices, all), [count, positions]);
  const ways = {
    mul: { over: "Prod", neutral: 1, pair: "Mul" },
    max: { over: "Max", neutral: -Infinity, pair: "Maximum" },
    min: { over: "Min", neutral: Infinity, pair: "Minimum" },
  } as const;
  const way = ways[n.attrs.reduction as keyof typeof ways];
  const wide = w.expand(w.reshape(values, [count, 1]), [count, positions]);
  const none = w.expand(w.scalar(way.neutral, wide.type), [count, positions]);
  const found = w.reduce(way.over, w.select(isHere, wide, none), [0], false);
  return w.binary(way.pair, rows, found);
}

/** The max pool that these indices come from, seen through reshapes. */
function poolOf(indices: Operand): MaximumPool | undefined {
  for (let o: Operand | undefined = indices; o; o = o.reshapedFrom) {
    if ("pool" in o) return (o as PoolIndices).pool;
  }
  return undefined;
}

/** Converts index tuples [n, d] to flat indices [n]. */
function flatTuples(w: TfOpBuilder, tuples: Operand, extents: readonly number[]): Operand {
  const strides = stridesOf(extents);
  const columns = extents.map((extent, i) => {
    const id = w.emit(
      "Slice",
      [tuples.id],
      { begin: [0, i], size: [tuples.dims[0]!, 1] },
      "int32",
      [tuples.dims[0]!, 1],
    );
    const column: Operand = { id, type: "int32", dims: [tuples.dims[0]!, 1], layout: [0, 1] };
    return w.scale(fromTheFront(w, column, extent), strides[i]!);
  });
  const sum = columns.reduce((p, q) => w.add(p, q));
  return w.reshape(sum, [tuples.dims[0]!]);
}

export const scattering: Lowerings = {
  ScatterElements: (w, n: NodeToLower<AxisAttrs & { reduction: string }>) => {
    const [data, indices, updates] = [n.x(0), n.x(1), n.x(2)];
    const pool = poolOf(indices);
    const isFlat = data.dims.length === 1 && pool && data.dims[0] === sizeOf(pool.x.dims);
    if (pool && isFlat && n.attrs.reduction === "add") {
      const share = w.reshape(updates, pool.y.dims);
      const sent = w.reshape(sendToMaxima(w, pool, share), data.dims);
      return data.uniform === 0 ? sent : w.add(data, sent);
    }
    return scatter(w, n, data, flatPositions(w, indices, data.dims, n.axis()), updates);
  },
  ScatterND: (w, n: NodeToLower<{ reduction: string }>) => {
    const [data, tuples, updates] = [n.x(0), w.plain(n.x(1)), n.x(2)];
    const length = tuples.dims.at(-1)!;
    const count = sizeOf(tuples.dims.slice(0, -1));
    const rows = data.dims.slice(0, length);
    const inner = sizeOf(data.dims.slice(length));
    const flat = flatTuples(w, w.reshape(tuples, [count, length]), rows);
    // The flat indices of every element of each row.
    const start = w.reshape(w.scale(flat, inner), [count, 1]);
    const offsets = w.integers(
      Array.from({ length: inner }, (_, i) => i),
      [1, inner],
    );
    return scatter(w, n, data, w.add(start, offsets), updates);
  },
  GatherND: (w, n: NodeToLower<{ batchDims: number }>) => {
    const [x, tuples] = [w.plain(n.x(0)), w.plain(n.x(1))];
    const batch = n.attrs.batchDims;
    const length = tuples.dims.at(-1)!;
    const named = x.dims.slice(batch, batch + length);
    const count = sizeOf(tuples.dims.slice(0, -1));
    const samples = sizeOf(x.dims.slice(0, batch));
    let positions = flatTuples(w, w.reshape(tuples, [count, length]), named);
    if (batch > 0) {
      const each = count / samples;
      const own = Array.from({ length: count }, (_, i) => Math.floor(i / each) * sizeOf(named));
      positions = w.add(positions, w.integers(own));
    }
    const rows = w.reshape(x, [samples * sizeOf(named), sizeOf(x.dims.slice(batch + length))]);
    const dims = [count, rows.dims[1]!];
    const id = w.emit("GatherV2", [rows.id, positions.id], { axis: 0 }, x.type, dims);
    return w.reshape({ id, type: x.type, dims, layout: [0, 1] }, n.dims());
  },
};
