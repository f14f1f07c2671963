/** Weighted least squares of a few variables, row by row, so that no row is kept: XᵀWX and XᵀWy. */
export class LeastSquares {
  private readonly size: number;
  private readonly gram: Float64Array;
  private readonly right: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.gram = new Float64Array(size * size);
    this.right = new Float64Array(size);
  }

  add(row: ArrayLike<number>, y: number, weight: number): void {
    const { size, gram, right } = this;
    for (let i = 0; i < size; i++) {
      const scaled = weight * row[i]!;
      if (scaled === 0) continue;
      right[i]! += scaled * y;
      for (let j = 0; j < size; j++) gram[i * size + j]! += scaled * row[j]!;
    }
  }

  /**
   * (XᵀWX + diag(ridge))⁻¹ XᵀWy by Gaussian elimination with the largest pivot of each column. A variable that no row tells
   * from the others is 0.
   */
  solve(ridge: ArrayLike<number> = new Float64Array(this.size)): Float64Array {
    const { size } = this;
    const rows = Array.from({ length: size }, (_, i) => {
      const row = Float64Array.of(...this.gram.subarray(i * size, (i + 1) * size), this.right[i]!);
      row[i]! += ridge[i]!;
      return row;
    });
    const least = 1e-12 * Math.max(...rows.map((row, i) => Math.abs(row[i]!)), 0);
    for (let k = 0; k < size; k++) {
      const below = rows.slice(k).map((row) => Math.abs(row[k]!));
      const pivot = k + below.indexOf(Math.max(...below));
      [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
      const top = rows[k]!;
      if (Math.abs(top[k]!) <= least) continue;
      for (const row of rows.slice(k + 1)) {
        const factor = row[k]! / top[k]!;
        for (let j = k; j <= size; j++) row[j]! -= factor * top[j]!;
      }
    }
    const found = new Float64Array(size);
    for (let k = size - 1; k >= 0; k--) {
      const row = rows[k]!;
      let rest = row[size]!;
      for (let j = k + 1; j < size; j++) rest -= row[j]! * found[j]!;
      found[k] = Math.abs(row[k]!) <= least ? 0 : rest / row[k]!;
    }
    return found;
  }
}
