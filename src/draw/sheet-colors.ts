import type { Color } from "./canvas.js";

export const white: Color = [255, 255, 255];
export const ink: Color = [26, 26, 26];
export const faint: Color = [105, 105, 105];
/** Placeholder for a missing picture. */
export const blank: Color = [236, 236, 236];

/** Positive and negative contributions to a score: the ninth and the second colour of ColorBrewer's RdBu. */
export const positive: Color = [178, 24, 43];
export const negative: Color = [33, 102, 172];
