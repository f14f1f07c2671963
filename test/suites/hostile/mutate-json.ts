import type { Random } from "../../support/random.js";

/** Stands for a nested list, deeper than readers that call themselves can go. */
const deep = "a deep list";
const deepList = "[".repeat(100_000) + "]".repeat(100_000);

const values: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    0.5,
    1e308,
    2 ** 53,
    -(2 ** 31),
    "",
    "0",
    "NaN",
    "../../etc/passwd",
  ],
  ...["__proto__", "constructor", "x".repeat(100_000), [], [[]], {}, [null], { length: 1e9 }, deep],
];

/** A text of JSON with one to three of its values replaced, removed or repeated. */
export function mutateJson(json: string, random: Random): string {
  let root: unknown = JSON.parse(json);
  for (let times = random.integer(1, 3); times > 0; times--) root = changed(root, random);
  return JSON.stringify(root).replaceAll(JSON.stringify(deep), deepList);
}

function changed(value: unknown, random: Random): unknown {
  const chosen = (): unknown => values[random.integer(0, values.length - 1)];
  if (typeof value !== "object" || value === null || random.uniform() < 0.1) return chosen();
  const keys = Object.keys(value);
  if (keys.length === 0) return chosen();
  const key = keys[random.integer(0, keys.length - 1)]!;
  const kind = random.uniform();
  if (Array.isArray(value)) {
    const at = Number(key);
    if (kind < 0.1) return value.toSpliced(at, 1);
    if (kind < 0.2) return value.toSpliced(at, 0, value[at]);
    return value.with(at, changed(value[at], random));
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const { [key]: old, ...rest } = fields;
  if (kind < 0.1) return rest;
  if (kind < 0.2) return { ...rest, [keys[random.integer(0, keys.length - 1)]!]: old };
  return { ...fields, [key]: changed(old, random) };
}
