/**
 * `fullgrad/evaluate`: tests of saliency maps on images.
 *
 * @module
 */
export { evaluationTests } from "./all.js";
export {
  runGroup,
  type ResultStore,
  type SampleFailure,
  type SampleRecord,
  type TestRun,
} from "./run.js";
export { Scorer, type Network } from "./scorer.js";
export { mapsOf, type Explainer, type Subject } from "./subject.js";
export { summarize, type SummaryRow } from "./summary.js";
export type { EvaluationTest } from "./test.js";
