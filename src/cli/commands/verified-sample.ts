import type { Completeness } from "../../decomposition/completeness.js";
import type { GradientCheck } from "../../runtime/gradient-check/gradient-check.js";
import type { TermReport } from "../output/manifest.js";

/** One sample and class, taken apart, as --json has it. */
export interface VerifiedReport extends Completeness {
  /** "random 0", or the file and the sample's place in it. */
  readonly sample: string;
  /** Its row in the input. */
  readonly at: number;
  /** A class, or the words of a target of another kind. */
  readonly target: number | string;
  readonly label: string | null;
  /** The class whose number was subtracted. */
  readonly versus?: number;
  readonly complete: boolean;
  /** With --gradient. */
  readonly gradient?: GradientCheck;
  readonly terms: readonly TermReport[];
}
