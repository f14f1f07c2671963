/**
 * Fields that many records share, for them to begin with.
 *
 * @module
 */
import { sameAxes } from "./axis-mapping.js";
import type { BiasRule } from "./spec.js";

/** Of an operator without attributes. */
export type NoAttrs = Record<string, never>;

export const noAttrs = (): NoAttrs => ({});

/** Element by element, with broadcasting, and without attributes. */
export const elementwise = { axes: sameAxes, attrs: noAttrs, pointwise: true } as const;

/** A step function, an index or a shape: nothing flows back, and no term is a bias. */
export const flowsNowhere = { vjp: "zero", bias: (): BiasRule => "none" } as const;
