import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Note } from "../../../methods/core/notes.js";
import { completenessTolerance } from "../../../decomposition/completeness.js";
import { failureOf } from "../each-or-all.js";
import { exitCodeOf, exitCodes } from "../../exit-codes.js";
import type { Failure, Inputs } from "../../input/inputs.js";
import type { Manifest } from "../../output/manifest.js";
import type { ExplainableModel } from "../../input/model-file.js";
import { OutputError, type OutputFolder } from "../../output/output-folder.js";
import type { Reporter } from "../../output/reporter.js";
import {
  explanationLine,
  incompleteLine,
  resultOf,
  type ExplainResult,
} from "../../output/results.js";

/** Milliseconds that are waited for results that another run writes anew, and between two looks. */
const [longestRewrite, pause] = [1000, 20];

/** Context of an outcome. */
interface OutcomeSetup {
  readonly reporter: Reporter;
  readonly folder: OutputFolder;
  readonly inputs: Inputs;
  readonly model: Pick<ExplainableModel, "output">;
}

/** What `explain` came to: results and failures. */
export class ExplainOutcome {
  private readonly setup: OutcomeSetup;
  private readonly failures: Failure[];
  /** If there are only failures of one kind, the run ends with their exit code. */
  private readonly failureCodes = new Set<number>();
  private readonly found: { readonly order: number; readonly result: ExplainResult }[] = [];
  private readonly incomplete: string[] = [];
  private readonly said = new Set<string>();

  constructor(setup: OutcomeSetup) {
    this.setup = setup;
    this.failures = [...setup.inputs.failures];
    if (this.failures.length > 0) this.failureCodes.add(exitCodes.failed);
  }

  /** @param sample the place in a .npy file with several */
  fail(input: string, error: unknown, sample?: number): void {
    const place = sample === undefined ? input : `${input} [${sample}]`;
    this.failures.push(failureOf(input, error, place));
    this.failureCodes.add(exitCodeOf(error));
  }

  /** @param order the sample's place among all samples */
  add(manifest: Manifest, order: number, skipped: boolean): void {
    const { folder, reporter, model } = this.setup;
    const result = resultOf(manifest, folder, skipped);
    this.found.push({ order, result });
    for (const note of manifest.notes) this.say(note, manifest.input);
    if (!manifest.complete) this.incomplete.push(incompleteLine(manifest));
    reporter.line(explanationLine(result, model.output.classes));
  }

  /** Prints each distinct note once. */
  private say({ message }: Note, { path, sample }: Manifest["input"]): void {
    if (this.said.has(message)) return;
    this.said.add(message);
    const place = sample === undefined ? "" : ` [${sample}]`;
    this.setup.reporter.note(`note: ${path}${place}: ${message}`);
  }

  /** The results so far, in the order of the inputs. */
  results(): readonly ExplainResult[] {
    // Sorting is stable: the ranks of one sample stay in order.
    return this.found.toSorted((a, b) => a.order - b.order).map(({ result }) => result);
  }

  /** Reports all results and failures; returns the exit code. */
  async conclude(): Promise<number> {
    const { reporter, folder, inputs } = this.setup;
    const { incomplete, failures } = this;
    const results = this.results();
    await this.checkThere(results);
    const { skipped } = inputs;
    reporter.document({
      results,
      ...(failures.length > 0 ? { failures } : {}),
      ...(skipped.length > 0 ? { skipped } : {}),
    });
    if (incomplete.length > 0) {
      reporter.error(
        `${incomplete.length} of ${results.length} explanations do not add up (conditioned above ` +
          `${completenessTolerance}); they are in ${folder.path}\n${incomplete.join("\n")}`,
      );
    }
    if (failures.length === 0) return incomplete.length > 0 ? exitCodes.incomplete : exitCodes.done;
    const failed = new Set(failures.map(({ input }) => input));
    failed.delete(folder.path);
    const count = inputs.files.length + new Set(inputs.failures.map(({ input }) => input)).size;
    const lines = failures.map(({ error }) => `  ${error}`);
    reporter.error(`${failed.size} of ${count} inputs failed\n${lines.join("\n")}`);
    const [code] = this.failureCodes;
    const isSame = results.length === 0 && this.failureCodes.size === 1;
    return isSame ? code! : exitCodes.failed;
  }

  /**
   * Fails results whose files are gone: somebody may have removed the folder meanwhile. Another run that writes the same
   * results takes the manifest away for a moment, so a missing file is looked for again.
   */
  private async checkThere(results: readonly ExplainResult[]): Promise<void> {
    let left = longestRewrite;
    for (const { input, files } of results) {
      for (const path of Object.values(files).map(String)) {
        for (; !existsSync(path) && left > 0; left -= pause) await setTimeout(pause);
        if (existsSync(path)) continue;
        this.fail(input, new OutputError(`${path} was removed while the run went on`));
        break;
      }
    }
  }
}
