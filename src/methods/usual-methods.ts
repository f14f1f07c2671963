import { methods } from "./all.js";
import type { Method } from "./core/method.js";

/** Names of the methods whose maps do not depend on the class: a comparison shows them beside the others. */
export const blindMethods: readonly string[] = ["random", "smooth-random", "edge", "centre-blur"];

const names: readonly string[] = [
  "fullgrad",
  "simple-fullgrad",
  "smooth-fullgrad",
  "gradient",
  "gradient-x-input",
  "integrated-gradients",
  "smoothgrad",
  "guided-backprop",
  "grad-cam",
  "layer-cam",
  "deep-lift",
  "lrp",
  ...blindMethods,
];

/** The default methods of a comparison: one of each kind, and the class-blind ones. */
export const usualMethods: readonly Method[] = names.flatMap(
  (name) => methods.find((method) => method.name === name) ?? [],
);
