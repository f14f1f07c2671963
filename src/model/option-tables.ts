/**
 * The values that the options of `load` and of a model's methods take.
 *
 * @module
 */
import { anything, either, flag, oneOf, simple, text, type Reader } from "../files/json.js";
import { methods } from "../methods/all.js";
import { quantities } from "../target/target.js";
import { isTensor, type Tensor } from "../tensor/tensor.js";
import { didYouMean } from "../files/nearest-names.js";
import { checkOptions, type OptionTable } from "./check-options.js";
import type { DirectionOptions } from "../runtime/gradient-check/directional-derivatives.js";
import type { DetectionQuestion } from "../target/detection.js";
import type {
  CommonOptions,
  InspectionOptions,
  LoadOptions,
  RunOptions,
  TargetOptions,
  VerifyOptions,
} from "./model-options.js";

/** A row for each option, so that a new option cannot be forgotten. */
type TableOf<T> = Readonly<Record<keyof T, Reader<unknown>>>;

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const whole = (least: number): Reader<number> =>
  simple(
    `a whole number from ${least}`,
    (v): v is number => Number.isSafeInteger(v) && Number(v) >= least,
  );

const amount = simple("a number above 0", (v): v is number => typeof v === "number" && v > 0);

const share = simple("a number from 0 to 1", (v): v is number => {
  return typeof v === "number" && v >= 0 && v <= 1;
});

const object = (wanted: string): Reader<object> => simple(wanted, isObject);

const callback = simple("a function", (v): v is () => unknown => typeof v === "function");

const isExtent = (v: unknown): boolean => Number.isSafeInteger(v) && Number(v) > 0;

const size = simple(
  "[height, width] in whole pixels, such as [224, 224]",
  (v): v is [number, number] => Array.isArray(v) && v.length === 2 && v.every(isExtent),
);

const signal = simple("an AbortSignal", (v): v is AbortSignal => isObject(v) && "aborted" in v);

const target = simple(
  'a class, a list of classes, text such as "top", or an object such as { mask, class }',
  (v): v is string | number | object => {
    if (Array.isArray(v)) return v.length > 0 && v.every((one) => typeof one === "number");
    return typeof v === "string" || typeof v === "number" || isObject(v);
  },
);

const run: TableOf<RunOptions> = {
  feeds: simple(
    "an object of tensors { dtype, dims, data } by the names of the inputs",
    (v): v is Record<string, Tensor> => isObject(v) && Object.values(v).every(isTensor),
  ),
};

const explained: TableOf<TargetOptions> = {
  ...run,
  target,
  versus: target,
  quantity: oneOf(...quantities),
};

const directions: TableOf<DirectionOptions> = { directions: whole(1), seed: whole(0) };

export const optionTables = {
  load: {
    backend: either(oneOf("ort", "tfjs"), object('"ort", "tfjs" or a back end')),
    provider: text,
    threads: whole(1),
    workers: either(whole(0), callback),
    wasmPaths: text,
    straightThrough: flag,
    maxPixels: amount,
    maxMemory: amount,
    operators: object("a registry: registry.extend(myOperator)"),
    externalData: callback,
    layout: text,
    size,
    input: text,
    output: text,
  } satisfies TableOf<LoadOptions>,
  predict: run,
  inspect: { ...run, gradient: flag } satisfies TableOf<InspectionOptions>,
  detections: {
    ...run,
    threshold: share,
    overlap: share,
    logits: flag,
  } satisfies TableOf<DetectionQuestion & RunOptions>,
  explain: {
    method: either(text, object("a method's name or a method")),
    ...explained,
    preprocessing: anything,
    batch: whole(1),
    signal,
    onProgress: callback,
  } satisfies TableOf<CommonOptions>,
  fullGradient: explained,
  layerMaps: explained,
  bisect: explained,
  verify: {
    ...explained,
    gradient: either(flag, object("true, false or { directions, seed }")),
  } satisfies TableOf<VerifyOptions>,
  checkNodes: { ...explained, ...directions } satisfies TableOf<TargetOptions & DirectionOptions>,
} satisfies Readonly<Record<string, OptionTable>>;

/**
 * Checks the options of an explanation. The others are the method's settings, which the method checks, unless they look
 * like a misspelt option.
 *
 * @throws {UsageError}
 */
export function checkExplainOptions(options: unknown): void {
  const others = Object.keys(options ?? {}).filter(isSetting);
  const settings = Object.fromEntries(others.map((name) => [name, anything]));
  checkOptions("explain", options, { ...settings, ...optionTables.explain });
}

const settingNames = new Set(methods.flatMap(({ settings }) => Object.keys(settings)));

const isSetting = (name: string): boolean =>
  settingNames.has(name) || didYouMean(name, Object.keys(optionTables.explain)) === "";
