/** Maximum number of suggestions in a message. */
const mostSuggested = 3;

/**
 * ` (did you mean "grad-cam"?)` if known names resemble the unknown one, else "". Letter case and punctuation do not
 * count. A name resembles another if one contains the other, or if they differ in few letters (comparing whole names,
 * beginnings, or the last parts of paths).
 */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const near = [...new Set(known)]
    .map((name) => ({ name, cost: differenceOf(unknown, name) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((a, b) => a.cost - b.cost);
  const close = near.filter(({ cost }) => cost < near[0]!.cost + 1).slice(0, mostSuggested);
  const list = close.map(({ name }) => `"${name}"`).join(" or ");
  return list === "" ? "" : ` (did you mean ${list}?)`;
}

/** Edits between two names; Infinity if they do not resemble each other. */
function differenceOf(unknown: string, name: string): number {
  const [a, whole, last] = [unknown, name, name.replace(/^.*[/.]/s, "")].map(keyOf);
  // A value's name may be as long as the model's file.
  if (!a || !whole || Math.max(a.length, whole.length) > 256) return Infinity;
  if (Math.min(a.length, whole.length) >= 3 && (whole.includes(a) || a.includes(whole))) {
    return 1 + Math.abs(a.length - whole.length) / 256;
  }
  const allowed = Math.max(1, a.length / 3);
  const { all, beginning } = edits(a, whole);
  if (all <= allowed && all < a.length) return all;
  const part = Math.min(beginning, last ? edits(a, last).all : Infinity);
  return a.length >= 4 && part <= a.length / 3 ? part + 1 : Infinity;
}

const keyOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Insertions, deletions, substitutions and swaps of neighbours from `a` to all of `b`, and to a beginning of it. */
function edits(a: string, b: string): { readonly all: number; readonly beginning: number } {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const changed = rows[i - 1]![j - 1]! + (isSame ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity;
      rows[i]!.push(Math.min(changed, swapped, rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1));
    }
  }
  const row = rows[a.length]!;
  return { all: row[b.length]!, beginning: Math.min(...row) };
}
