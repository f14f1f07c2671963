import { UsageError } from "../src/errors.js";
import type { FullGradient } from "../src/engine/full-gradient.js";
import type { Method, MethodSettings } from "../src/engine/method.js";
import type { Value } from "../src/onnx/ir.js";

/** An output of a converted model. */
export interface NamedOutput {
  readonly name: string;
  readonly value: Value;
  /** What it holds, in a line. */
  readonly about: string;
}

/** What can be asked for beside the map, in words. */
export function extraWords(methods: readonly Method[]): string {
  const maps = methods.map((m) => m.name).join(", ");
  return `input-gradient, input-term, terms, term:NODE, or the map of another method (${maps})`;
}

/**
 * Outputs beside the map:
 * - `input-gradient`, `input-term`: ∇ₓf and ∇ₓf ⊙ x, in the shape of the network's input
 * - `terms`: the signed sums of all parts, [N, 1 + parts]; their names are in the metadata
 * - `term:NODE`: the bias term of a node, element by element
 * - a method's name: its map [N,1,H,W]
 *
 * @throws {UsageError} for any other word; says which there are
 */
export function emitExtra(
  full: FullGradient,
  word: string,
  methods: readonly Method[],
  settings: MethodSettings,
): NamedOutput {
  if (word === "input-gradient") {
    const about = "gradient of the score with respect to the network's input";
    return { name: "input_gradient", value: full.inputGradient, about };
  }
  if (word === "input-term") {
    return { name: "input_term", value: full.inputTerm, about: "input gradient times input" };
  }
  if (word === "terms") {
    const about = "signed sum of each part, the input's first; names in metadata fullgrad.terms";
    return { name: "terms", value: full.sums, about };
  }
  if (word.startsWith("term:")) return emitTerm(full, word.slice("term:".length));
  const method = methods.find((m) => m.name === word);
  if (!method) throw new UsageError(`no output "${word}"; there are ${extraWords(methods)}`);
  const { map } = method.emit(full, settings);
  return { name: word.replaceAll("-", "_"), value: map, about: `saliency map by ${word}` };
}

function emitTerm({ units }: FullGradient, node: string): NamedOutput {
  const unit = units.find((u) => u.unit.node === node);
  if (!unit) {
    const close = units.map((u) => u.unit.node).filter((name) => name.includes(node));
    const listed = (close.length > 0 ? close : units.map((u) => u.unit.node)).slice(0, 12);
    throw new UsageError(
      `no bias-bearing node "${node}"; there are ${listed.map((n) => `"${n}"`).join(", ")} ` +
        "(fullgrad inspect lists them all)",
    );
  }
  return {
    name: `term:${node}`,
    value: unit.term(),
    about: `bias term of ${unit.unit.op} ${node}`,
  };
}
