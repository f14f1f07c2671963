import { activePath } from "../../analysis/active-path.js";
import type { Backend } from "../../backends/backend.js";
import { TargetError } from "../../errors.js";
import type { Graph } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { inferKnown } from "../../passes/infer-shapes.js";
import { canonicalize } from "../../passes/prepare.js";
import type { Detection, DetectionQuestion, ScoreElement } from "../../target/detection.js";
import { isFloat } from "../../tensor/dtype.js";
import { isStatic, stridesOf, type Shape } from "../../tensor/shape.js";
import { toNumbers, type Tensors } from "../../tensor/tensor.js";
import { boxesOf, withoutOverlaps } from "./boxes.js";
import { rowsOfDetector, type DetectedRows, type ScoredRow } from "./detected-rows.js";
import { originsOf, valuesForOrigins, type Element } from "./element-origins.js";
import type { ValueReader } from "./read-values.js";
import { selectedRows, selectionIn } from "./selected-boxes.js";

/** A detector, with a reader of its file's values. */
export interface Detector {
  readonly model: Graph;
  readonly registry: Registry;
  readonly backend: Backend;
  readonly reader: ValueReader;
  /** The explained input. */
  readonly input: string;
  /** Shapes of the inputs for the picture, if the model leaves them open. */
  readonly sizes: ReadonlyMap<string, Shape>;
}

/** A picture, as the file's inputs. */
export interface DetectedPicture {
  readonly feeds: Tensors;
  readonly height: number;
  readonly width: number;
}

/**
 * Finds the detections of one picture, best first. Each has the class score that its row was selected by: an element of a
 * value before all selections, traced back through them with the indices and masks of this picture.
 *
 * @throws {TargetError} if the outputs are not detections, or a row cannot be traced back
 */
export async function findDetections(
  detector: Detector,
  picture: DetectedPicture,
  { threshold, overlap, logits }: DetectionQuestion,
): Promise<Omit<Detection, "sample">[]> {
  const { registry, backend, reader } = detector;
  const model = canonicalize(detector.model);
  const selection = selectionIn(model, registry);
  const scores = selection ? [selection.scores] : model.outputs.map(({ name }) => name);
  const inner = new Set(scores.flatMap((name) => valuesForOrigins(model, registry, name)));
  if (selection) for (const name of [selection.boxes, selection.scores]) inner.add(name);
  const regions = regionsIn(model, registry);
  for (const name of regions) inner.add(name);
  const inputs = new Set(model.inputs.map(({ name }) => name));
  const read = await reader.read(
    [...inner].filter((name) => !inputs.has(name)),
    picture.feeds,
  );
  const values = new Map([...model.constants, ...picture.feeds, ...read]);
  const origins = (value: string): Promise<readonly (Element | undefined)[]> =>
    originsOf(model, registry, value, values, backend);
  const outputs = valuesOf(
    model.outputs.map(({ name }) => name),
    values,
  );
  const found = selection
    ? selectedRows(selection, values)
    : await rowsOfDetector(outputs, valuesOf(regions, values), async (value, first, second) =>
        isObjectness(await origins(value), first, second, values),
      );
  const kept = keptRows(found, threshold);
  const boxes = boxesOf(found.boxes, kept, picture);
  const candidates = kept.map((row, i) => ({ ...found.rows[row]!, box: boxes[i]! }));
  const chosen = found.isChosen ? candidates : withoutOverlaps(candidates, overlap);
  if (chosen.length === 0) return [];
  const from = await origins(found.value);
  const isKnown = knownSizes({ ...detector, model });
  return chosen.map((row, i) => {
    const element = elementOf(row, found.value, from, values);
    const score = logits ? beforeSquashing(element, model, registry) : element;
    const chosenSize = isKnown(score.value) ? {} : { isChosen: true as const };
    return {
      ...{ rank: i + 1, box: row.box, class: row.class, score: row.score },
      from: { ...score, ...chosenSize },
    };
  });
}

const valuesOf = (names: readonly string[], values: Tensors): Tensors =>
  new Map(names.map((name) => [name, values.get(name)!]));

/** The boxes at which a second stage samples features. */
function regionsIn({ nodes, constants }: Graph, registry: Registry): string[] {
  const read = nodes.flatMap(({ op, domain, inputs }) =>
    (registry.get(op, domain)?.reads?.positions ?? []).map((i) => inputs[i] ?? ""),
  );
  return [...new Set(read)].filter((name) => name !== "" && !constants.has(name));
}

/** The input element of the Sigmoid or Softmax that computes a score. */
function beforeSquashing(element: ScoreElement, model: Graph, registry: Registry): ScoreElement {
  const maker = model.nodes.find((node) => node.outputs.includes(element.value));
  const isLogit = !maker || registry.get(maker.op, maker.domain)?.probability === undefined;
  if (!isLogit && element.times === undefined) return { ...element, value: maker.inputs[0]! };
  const why = element.times
    ? "each is the product of two columns"
    : "they do not come from a Sigmoid or Softmax";
  throw new TargetError(
    `the class scores of the detections, "${element.value}", have no logits: ${why}; leave ",logits" out`,
  );
}

function keptRows({ rows }: DetectedRows, threshold: number): number[] {
  const kept = rows.flatMap(({ score }, i) => (score >= threshold && score > 0 ? [i] : []));
  return kept.sort((p, q) => rows[q]!.score - rows[p]!.score || p - q);
}

/** The score of a row, as an element of the value that it was copied from. */
function elementOf(
  { at, objectness }: ScoredRow,
  value: string,
  origins: readonly (Element | undefined)[],
  values: Tensors,
): ScoreElement {
  const { dims } = values.get(value)!;
  // The product of two columns is computed from the head itself.
  const origin = objectness === undefined ? origins[at] : { value, at };
  const written = toNumbers(values.get(value)!)[at]!;
  const read = origin && toNumbers(values.get(origin.value)!)[origin.at];
  if (!origin || read === undefined || Math.abs(read - written) > 1e-3 * Math.abs(written)) {
    throw new TargetError(
      `the rows of the detections are in "${value}" [${dims.join(",")}], and element ${at} of it cannot be traced back to a ` +
        "class score: name a value before the selection (--output) and a row of it (--target box:i,class:j)",
    );
  }
  const index = indexIn(values.get(origin.value)!.dims, origin.at);
  return {
    value: origin.value,
    index,
    ...(objectness === undefined ? {} : { times: columnOf(dims, objectness) }),
  };
}

/** The index of a row-major position, without the axis of a single sample. */
function indexIn(dims: readonly number[], at: number): number[] {
  const index = stridesOf(dims).map((stride, axis) => Math.floor(at / stride) % dims[axis]!);
  return dims[0] === 1 ? index.slice(1) : index;
}

/** The column of a row-major position in a head; the columns are the shorter axis. */
function columnOf(dims: readonly number[], at: number): { column: number; axis: number } {
  const axis = dims.at(-1)! < dims.at(-2)! ? -1 : -2;
  return { column: indexIn(dims, at).at(axis)!, axis };
}

/** Whether a value has a gradient, and a size that does not depend on the picture. */
function knownSizes({ model, registry, input, sizes }: Detector): (value: string) => boolean {
  const known = inferKnown(model, registry, sizes);
  const { active } = activePath(known, registry, [input]);
  const batch = known.facts.get(input)?.shape[0];
  return (value) => {
    const fact = known.facts.get(value);
    if (!fact || !active.has(value) || !isFloat(fact.dtype)) return false;
    const [first, ...rest] = fact.shape;
    return isStatic(rest) && (typeof first === "number" || first === batch);
  };
}

/**
 * Whether column 4 of a head is the objectness, by the origins of columns 4 and 5: values of their own (YOLOX), or columns
 * 4 and 5 of one value with all columns (YOLOv5). Without objectness, column 4 is the first of a value of class scores
 * (YOLOv8).
 */
function isObjectness(
  origins: readonly (Element | undefined)[],
  first: number,
  second: number,
  values: Tensors,
): boolean {
  const [p, q] = [origins[first], origins[second]];
  if (!p || !q) return false;
  if (p.value !== q.value) return true;
  const { dims } = values.get(p.value)!;
  const strides = stridesOf(dims);
  // Axes of extent 1 have the stride of the next axis.
  const axis = strides.findLastIndex((stride, i) => stride === q.at - p.at && dims[i]! > 1);
  return axis >= 0 && Math.floor(p.at / strides[axis]!) % dims[axis]! > 0;
}
