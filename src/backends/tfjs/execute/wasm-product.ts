import type { Tf, TfTensor } from "../engine.js";

/** Minimum multiplications per product that justify a separate call. */
const leastProduct = 1 << 16;

/**
 * Maximum separate products. Extracting one matrix with Slice copies the whole tensor (192 of 32×49: 2 ms each time).
 */
const mostProducts = 16;

/** Shape of the right-hand side that XNNPACK packed, by tensor data. */
const packed = new WeakMap<object, string>();

/**
 * Batched matrix product on wasm (tfjs 4.22), with equal batch sizes or one side unbatched. XNNPACK only multiplies
 * two plain matrices; all other products use a loop that takes four times as long (12 of 196×64×196: 32 ms, one by
 * one 8 ms). So large matrices are multiplied one by one, after transposing them if necessary.
 *
 * XNNPACK caches the packed right-hand side for as long as the tensor data live, regardless of later reshapes: [2,1]
 * reused as [1,2] would give wrong results. Data that return in another shape are therefore copied.
 */
export function wasmProduct(
  tf: Tf,
  [a, b]: readonly TfTensor[],
  adjX: boolean,
  adjY: boolean,
): TfTensor {
  return tf.tidy(() => {
    const [x, y] = [adjX ? swapped(tf, a!) : a!, adjY ? swapped(tf, b!) : b!];
    if (x.size * y.size === 0) return tf.matMul(x, y);
    const [rows = 1, depth = 1, columns = 1] = [...x.shape.slice(-2), ...y.shape.slice(-1)];
    const batches = [x, y].map((t) => t.size / (t.shape.at(-1)! * t.shape.at(-2)!));
    const count = Math.max(...batches);
    const isLarge = count <= mostProducts && rows * depth * columns >= leastProduct;
    if (count > 1 && !isLarge) return tf.matMul(x, y);
    const [xs, ys] = [matricesOf(tf, x), matricesOf(tf, y)];
    const products = Array.from({ length: count }, (_, i) =>
      tf.matMul(xs[i] ?? xs[0]!, unpacked(tf, ys[i] ?? ys[0]!)),
    );
    const batch = (xs.length > ys.length ? x : y).shape.slice(0, -2);
    const all = count === 1 ? products[0]! : tf.concat(products, 0);
    return tf.reshape(all, [...batch, rows, columns]);
  });
}

function swapped(tf: Tf, x: TfTensor): TfTensor {
  const axes = x.shape.map((_, i) => i);
  const [row, column] = [axes.length - 2, axes.length - 1];
  return tf.transpose(x, axes.with(row, column).with(column, row));
}

function matricesOf(tf: Tf, x: TfTensor): readonly TfTensor[] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const count = x.size / (rows * columns);
  const flat = tf.reshape(x, [count * rows, columns]);
  if (count === 1) return [flat];
  return Array.from({ length: count }, (_, i) => tf.slice(flat, [i * rows, 0], [rows, columns]));
}

function unpacked(tf: Tf, y: TfTensor): TfTensor {
  const shape = y.shape.join();
  const known = packed.get(y.dataId);
  if (known !== undefined && known !== shape) return tf.mul(y, 1);
  packed.set(y.dataId, shape);
  return y;
}
