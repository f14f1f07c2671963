import { UsageError } from "../../src/errors.js";
import { didYouMean } from "../../src/files/nearest-names.js";
import type { FullGradient } from "../../src/decomposition/full-gradient.js";
import { readSettings } from "../../src/methods/core/settings.js";
import { methods } from "../../src/methods/all.js";
import type { Value } from "../../src/onnx/ir.js";
import {
  emitMap,
  emitNodes,
  findGraphMethod,
  graphMethodNames,
  type AnyGraphMethod,
} from "./graph-methods.js";

/** An output of a converted model. */
export interface NamedOutput {
  readonly name: string;
  readonly value: Value;
  /** One-line description. */
  readonly about: string;
}

/** Names of further outputs that are not methods. */
const fixedOutputs = ["input-gradient", "input-term", "attribution", "terms"];

/** The accepted names of further outputs. */
const words = `${fixedOutputs.join(", ")}, term:NODE, or another method's name (${graphMethodNames.join(", ")})`;

/**
 * Further outputs:
 * - `input-gradient`, `input-term`: ∇ₓf and ∇ₓf ⊙ x, in the shape of the network's input
 * - `attribution`: the method's attribution to each element of the input, if it has one
 * - `terms`: the signed sums of all terms, [N, 1 + layers]; their names are in the metadata
 * - `term:NODE`: the elementwise bias term of a node
 * - a method's name: its map [N,1,H,W], with default settings
 *
 * @throws {UsageError} for any other name; the message lists the valid ones
 */
export function emitExtra(
  full: FullGradient,
  word: string,
  method: AnyGraphMethod,
  settings: Readonly<Record<string, unknown>>,
): NamedOutput {
  if (word === "attribution") return emitAttribution(full, method, settings);
  if (["input-gradient", "input-term", "terms"].includes(word) || word.startsWith("term:")) {
    if (!method.rules) return emitPart(full, word);
    throw new UsageError(
      `${word}: method "${method.name}" replaces rules of the backward pass, so the file has no gradient; ` +
        "convert with another method",
    );
  }
  if (!methods.some((m) => m.name === word)) {
    const near = didYouMean(word, [...fixedOutputs, ...graphMethodNames]);
    throw new UsageError(`unknown output "${word}"${near}; the outputs are ${words}`);
  }
  const other = findGraphMethod(word);
  if (other.rules ?? method.rules) {
    const one = other.rules ? word : method.name;
    throw new UsageError(
      `method "${one}" replaces rules of the backward pass: it needs a separate file (option method: ${one})`,
    );
  }
  const shared = Object.entries(settings).filter(([name]) => name in other.settings);
  const own = readSettings(word, other.settings, Object.fromEntries(shared));
  const value = emitMap(full, other, own);
  return { name: word.replaceAll("-", "_"), value, about: `saliency map by ${word}` };
}

function emitAttribution(
  full: FullGradient,
  method: AnyGraphMethod,
  settings: Readonly<Record<string, unknown>>,
): NamedOutput {
  const { attribution } = emitNodes(full, method, settings);
  if (attribution) return { name: "attribution", value: attribution, about: `by ${method.name}` };
  throw new UsageError(`method "${method.name}" has no attribution to the input, only a map`);
}

function emitPart(full: FullGradient, word: string): NamedOutput {
  if (word === "input-gradient") {
    const about = "gradient of the score with respect to the network's input";
    return { name: "input_gradient", value: full.inputGradient, about };
  }
  if (word === "input-term") {
    return { name: "input_term", value: full.inputTerm, about: "input gradient times input" };
  }
  if (word === "terms") {
    const about = "signed sum of each term, the input term first; names in metadata fullgrad.terms";
    return { name: "terms", value: full.sums, about };
  }
  return emitTerm(full, word.slice("term:".length));
}

function emitTerm({ units }: FullGradient, node: string): NamedOutput {
  const unit = units.find((u) => u.unit.node === node);
  if (!unit) {
    const names = units.map((u) => u.unit.node);
    const listed = names.slice(0, 12);
    throw new UsageError(
      `no bias-bearing node "${node}"${didYouMean(node, names)}; the nodes are ${listed.map((n) => `"${n}"`).join(", ")} ` +
        "(fullgrad inspect lists them all)",
    );
  }
  return {
    name: `term:${node}`,
    value: unit.term(),
    about: `bias term of ${unit.unit.op} ${node}`,
  };
}
