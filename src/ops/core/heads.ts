/**
 * Fields shared by many records, spread at their beginning.
 *
 * @module
 */
import { sameAxes } from "./axis-mapping.js";
import type { BiasRule } from "./spec.js";

/** Attributes of an operator that has none. */
export type NoAttrs = Record<string, never>;

export const noAttrs = (): NoAttrs => ({});

/** An element-wise operator with broadcasting and without attributes. */
export const elementwise = { axes: sameAxes, attrs: noAttrs, pointwise: true } as const;

/** An operator without gradient or bias: a step function, an index or a shape. */
export const flowsNowhere = { vjp: "zero", bias: (): BiasRule => "none" } as const;
