import type { Color } from "./canvas.js";

export const white: Color = [255, 255, 255];
export const ink: Color = [26, 26, 26];
export const faint: Color = [105, 105, 105];
/** Where a picture would be. */
export const blank: Color = [236, 236, 236];

/** What adds to a score, and what takes from it: the ninth and the second of ColorBrewer's RdBu. */
export const positive: Color = [178, 24, 43];
export const negative: Color = [33, 102, 172];
