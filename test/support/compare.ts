import { toNumbers, type Tensor } from "../../src/tensor/tensor.js";

type Numbers = ArrayLike<number>;

/** ‖a − b‖ / ‖b‖ */
export function relativeL2(a: Tensor | Numbers, b: Tensor | Numbers): number {
  const [p, q] = [numbersOf(a), numbersOf(b)];
  if (p.length !== q.length) throw new Error(`${p.length} numbers beside ${q.length}`);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < q.length; i++) {
    difference += (p[i]! - q[i]!) ** 2;
    size += q[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

/** max |a − b| / max |b| */
export function relativeMaximum(a: Tensor | Numbers, b: Tensor | Numbers): number {
  const [p, q] = [numbersOf(a), numbersOf(b)];
  if (p.length !== q.length) throw new Error(`${p.length} numbers beside ${q.length}`);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < q.length; i++) {
    difference = Math.max(difference, Math.abs(p[i]! - q[i]!));
    size = Math.max(size, Math.abs(q[i]!));
  }
  return difference === 0 ? 0 : difference / size;
}

/** An inner product and the sum of its terms' absolute values, Σ |aᵢbᵢ|. */
export interface Product {
  readonly value: number;
  readonly mass: number;
}

export function inner(a: Numbers, b: Numbers): Product {
  if (a.length !== b.length) throw new Error(`${a.length} numbers beside ${b.length}`);
  let value = 0;
  let mass = 0;
  for (let i = 0; i < a.length; i++) {
    value += a[i]! * b[i]!;
    mass += Math.abs(a[i]! * b[i]!);
  }
  return { value, mass };
}

export function addUp(products: readonly Product[]): Product {
  return products.reduce((p, q) => ({ value: p.value + q.value, mass: p.mass + q.mass }), {
    value: 0,
    mass: 0,
  });
}

/** The sum over all axes but the first: one number per sample. */
export function sumsPerSample(t: Tensor): number[] {
  const values = numbersOf(t);
  const samples = t.dims[0] ?? 1;
  const each = values.length / samples;
  return Array.from({ length: samples }, (_, n) => {
    let sum = 0;
    for (let i = n * each; i < (n + 1) * each; i++) sum += values[i]!;
    return sum;
  });
}

function numbersOf(t: Tensor | Numbers): Numbers {
  return "dtype" in t ? toNumbers(t) : t;
}

/**
 * Compares elementwise, relative to the largest value of the tensor, but at least `least`.
 *
 * @throws if dtype, dims or a value differ
 */
export function expectSame(
  name: string,
  actual: Tensor,
  expected: Tensor,
  tolerance: number,
  least = 1,
): void {
  const [a, e] = [toNumbers(actual), toNumbers(expected)];
  if (actual.dtype !== expected.dtype || actual.dims.join() !== expected.dims.join()) {
    const [left, right] = [actual, expected].map((t) => `${t.dtype} [${t.dims.join()}]`);
    throw new Error(`${name} is ${left!}, not ${right!}`);
  }
  const finite = Array.from(e).filter((v) => Number.isFinite(v));
  const size = finite.reduce((m, v) => Math.max(m, Math.abs(v)), least);
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i]! + 0, e[i]! + 0) || Math.abs(a[i]! - e[i]!) <= tolerance * size) continue;
    throw new Error(`${name}[${i}] is ${a[i]!}, not ${e[i]!}`);
  }
}
