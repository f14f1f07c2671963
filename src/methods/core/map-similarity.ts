/** Correlation above which two maps count as nearly the same: they share 90 % of their variance (0.95² = 0.90). */
export const nearlySame = 0.95;

/**
 * The similarity of two maps: Pearson's correlation, −1 to 1. Maps that differ by a positive factor and a constant have
 * correlation 1. Two constant maps get 1, a constant and a non-constant map 0.
 */
export function mapSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`maps of ${a.length} and ${b.length} elements`);
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i]! - meanA, b[i]! - meanB];
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  if (aa === 0 || bb === 0) return aa === bb ? 1 : 0;
  return ab / Math.sqrt(aa * bb);
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Two classes with nearly the same map. */
export interface SimilarPair<T> {
  readonly first: T;
  readonly second: T;
  readonly similarity: number;
}

/** The pairs of maps of one image with at least this similarity, most similar first. */
export function similarPairs<T extends { readonly map: ArrayLike<number> }>(
  maps: readonly T[],
  threshold = nearlySame,
): readonly SimilarPair<T>[] {
  const pairs = maps.flatMap((first, i) =>
    maps.slice(i + 1).map((second) => {
      return { first, second, similarity: mapSimilarity(first.map, second.map) };
    }),
  );
  const alike = pairs.filter(({ similarity }) => similarity >= threshold);
  return alike.sort((p, q) => q.similarity - p.similarity);
}
