/**
 * Parses a target expression into a tree; the only parser of target expressions.
 *
 * @module
 */
import { usualQuestion, type DetectionQuestion } from "./detection.js";

interface Written {
  /** The expression as written. */
  readonly text: string;
}

export type TargetExpression = Written &
  (
    | { readonly kind: "top" | "top5" | "all" | "input" }
    /** `3` */
    | { readonly kind: "class"; readonly class: number }
    /** `3,1,4`: one element, by its index after the batch axis. */
    | { readonly kind: "element"; readonly index: readonly number[] }
    /** `class@x,y` or `class@x0,y0,x1,y1`, NaN for a missing number; `class@` (no positions): all. */
    | { readonly kind: "region"; readonly class: number; readonly positions: readonly number[] }
    /** `box:i,class:j` */
    | { readonly kind: "box"; readonly box: number; readonly class: number }
    /** `mask:FILE@class`, or `mask:FILE` */
    | { readonly kind: "mask"; readonly path: string; readonly class?: number }
    /** `detections`, `detections:0.5`, `detections:0.5,overlap=0.45,logits` */
    | ({ readonly kind: "detections" } & DetectionQuestion)
    /** `against:TARGET`, or `against` alone. */
    | { readonly kind: "against"; readonly of?: TargetExpression }
    /** Any other text: a class by its label. */
    | { readonly kind: "label" }
    /** A malformed or incomplete expression. */
    | { readonly kind: "malformed" }
  );

const numberIn = (text: string): number => (/^\s*\d+\s*$/.test(text) ? Number(text) : NaN);

const partOr = (part: number, usual: number): number => (Number.isNaN(part) ? usual : part);

/** Parses a target expression, independently of the model. */
export function parseTarget(text: string): TargetExpression {
  if (text === "top" || text === "top5" || text === "all" || text === "input") {
    return { kind: text, text };
  }
  const against = /^against(?::(.*))?$/.exec(text);
  if (against) {
    const [, of] = against;
    return { kind: "against", text, ...(of === undefined ? {} : { of: parseTarget(of) }) };
  }
  const detections = /^detections(?::([\d.]+)(?:,overlap=([\d.]+))?(,logits)?)?$/.exec(text);
  if (detections) {
    const [threshold, overlap] = [1, 2].map((i) => detections[i] ?? NaN).map(Number);
    const asked = {
      threshold: partOr(threshold!, usualQuestion.threshold),
      overlap: partOr(overlap!, usualQuestion.overlap),
      logits: detections[3] !== undefined,
    };
    const isPart = asked.threshold <= 1 && asked.overlap <= 1;
    return isPart ? { kind: "detections", ...asked, text } : { kind: "malformed", text };
  }
  const mask = /^mask:(.*?)(?:@(\d*))?$/.exec(text);
  if (mask) {
    const [, path, channel] = mask;
    if (path === "" || channel === "") return { kind: "malformed", text };
    const chosen = channel === undefined ? {} : { class: Number(channel) };
    return { kind: "mask", path: path!, text, ...chosen };
  }
  const region = /^(\d+)@([\d,]*)$/.exec(text);
  if (region) {
    const positions = region[2] === "" ? [] : region[2]!.split(",").map(numberIn);
    return { kind: "region", class: Number(region[1]), positions, text };
  }
  const box = /^box:(\d+),class:(\d+)$/.exec(text);
  if (box) return { kind: "box", box: Number(box[1]), class: Number(box[2]), text };
  const index = text.split(",").map(numberIn);
  if (!index.some(Number.isNaN)) {
    return index.length === 1
      ? { kind: "class", class: index[0]!, text }
      : { kind: "element", index, text };
  }
  return {
    kind: text === "" || /^\d+@|^box:|^detections:/.test(text) ? "malformed" : "label",
    text,
  };
}
