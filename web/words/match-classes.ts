/** The number of classes listed below the search field. */
const most = 8;

export interface NamedClass {
  readonly index: number;
  readonly name: string;
}

/** Classes whose name contains the text; those that begin with it first, then those in which a word does. */
export function matchClasses(classes: readonly NamedClass[], text: string): readonly NamedClass[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const rank = ({ index, name }: NamedClass): number => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted) || String(index) === wanted) return 0;
    if (lower.includes(` ${wanted}`)) return 1;
    return lower.includes(wanted) ? 2 : 3;
  };
  return classes
    .map((named) => ({ named, at: rank(named) }))
    .filter(({ at }) => at < 3)
    .sort((a, b) => a.at - b.at || a.named.name.length - b.named.name.length)
    .slice(0, most)
    .map(({ named }) => named);
}
