import { pageBehavior } from "./page-behavior.js";
import { pageColors } from "./page-colors.js";

/** The script of the page of a comparison: two functions of this program as source text. */
export const compareScript = `"use strict";\n(${String(pageBehavior)})((${String(pageColors)})());`;
