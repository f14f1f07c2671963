import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { halfBlocks, terminalColors } from "../../../draw/picture/half-blocks.js";
import { decodeImage } from "../../../image/codec.js";
import type { ExplainResult } from "../../output/results.js";
import { AskedTargets } from "./asked-targets.js";
import { openRunOver } from "../open-run.js";
import { EngineThreads } from "./engine-threads.js";
import { ExplainRun } from "./explain-run.js";
import { interruption } from "../../interruption.js";
import { batchNormCase } from "../../output/manifest.js";
import { readMethodSettings } from "../../flags/method-settings.js";
import type { ExplainFlags } from "../../flags/options.js";
import { OutputFolder } from "../../output/output-folder.js";
import { versions } from "../../package-files.js";
import { Reporter, type Io } from "../../output/reporter.js";

/** `fullgrad explain`: maps, pictures and a manifest for each sample. Returns the exit code. */
export async function explain(
  modelPath: string,
  args: readonly string[],
  flags: ExplainFlags,
  io: Io,
): Promise<number> {
  const reporter = new Reporter(io, flags);
  const out = flags.out ?? folderBeside(args[0]!);
  const folder = new OutputFolder(out);
  if (flags.out === undefined) reporter.note(`results: ${out} (-o DIR for another folder)`);
  const signal = interruption(io);
  const { method, convention } = flags;
  const settings = readMethodSettings(flags.set, [method], { convention }).get(method.method)!;
  const threads = new EngineThreads(flags);
  const { pictureSize } = flags;
  const over = { reporter, out, threads, pictureSize };
  return openRunOver(modelPath, args, flags, over, async (opened) => {
    const batchNorm = batchNormCase(opened.model.inspection.biases);
    const targets = await AskedTargets.read(flags, opened.labels, opened.model);
    const run = new ExplainRun({
      ...{ ...opened, targets, flags, reporter, folder, settings, signal, batchNorm, threads },
      versions: versions(),
    });
    try {
      const code = await run.all();
      const isShown = flags.show || (flags.out === undefined && io.isTTY && !flags.quiet);
      if (isShown) await showPictures(run.results(), reporter);
      return code;
    } finally {
      run.release();
    }
  });
}

/** The folder "fullgrad" within a folder of inputs, or beside an input. */
function folderBeside(input: string): string {
  const isFolder = existsSync(input) && statSync(input).isDirectory();
  return join(isFolder ? input : dirname(input), "fullgrad");
}

/** Pictures that are shown, and their width in characters. */
const [mostShown, columns] = [4, 64];

/** Draws the first overlays with characters, if the terminal has colours. */
async function showPictures(results: readonly ExplainResult[], reporter: Reporter): Promise<void> {
  const colors = terminalColors(process.env);
  if (!colors) return;
  const files = results.flatMap(({ files: { overlay } }) => overlay ?? []);
  for (const path of files.slice(0, mostShown)) {
    const picture = await decodeImage(readFileSync(path), path);
    reporter.terminalPicture(halfBlocks(picture, columns, colors));
  }
}
