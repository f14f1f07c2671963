import type { ComparedRow } from "../../compare/comparison.js";
import { mostColumns } from "../../draw/sheet-layout.js";
import { UsageError } from "../../errors.js";
import { findMethod } from "../../methods/all.js";
import { usualMethods } from "../../methods/usual-methods.js";
import { encodeNpy } from "../../tensor/npy.js";
import type { CompareFlags } from "../flags/compare-options.js";
import {
  compareSamples,
  type ComparedSample,
  type ComparisonQuestion,
  type ComparedSubject,
} from "./compared-sample.js";
import { ComparisonFiles } from "../output/comparison-files.js";
import { ComparisonWriter } from "../output/comparison-writer.js";
import type { ChosenContrast } from "../flags/contrast.js";
import { openRunOver, type OpenedRun } from "./open-run.js";
import { eachOrAll, failureOf } from "./each-or-all.js";
import { endsRun, exitCodes } from "../exit-codes.js";
import { interruption } from "../interruption.js";
import { feedsFor } from "../input/feeds.js";
import { readInput, type Failure, type InputFile } from "../input/inputs.js";
import { parseMethods, type ChosenMethod } from "../flags/method-list.js";
import { readMethodSettings, type MethodValues } from "../flags/method-settings.js";
import { namingProvider } from "../flags/engine.js";
import { Reporter, type Io } from "../output/reporter.js";
import { sampleName } from "../output/result-names.js";
import { noteLines, type SaidNote } from "../output/note-lines.js";
import { sameMaps, sameMapsLine, type SameMaps } from "../output/same-maps.js";
import { readSamples, type InputSample } from "../input/samples.js";
import { nameOfClass } from "../../target/format.js";
import { ranksOf } from "../../model/choose-target.js";

/** `fullgrad compare`: the methods side by side, as a picture or a page. Returns the exit code. */
export async function compare(
  modelPath: string,
  args: readonly string[],
  flags: CompareFlags,
  io: Io,
): Promise<number> {
  const reporter = new Reporter(io, flags);
  const files = new ComparisonFiles(flags.out);
  const chosen = chosenMethods(flags.method);
  const methods = chosen.map(({ method }) => findMethod(method));
  const settings = readMethodSettings(flags.set, chosen);
  const signal = interruption(io);
  return openRunOver(modelPath, args, flags, { reporter, out: files.folder }, async (opened) => {
    const { model, target, labels, contrast, inputs } = opened;
    const question = { model, methods, target, labels, layers: flags.layers };
    const asked = { settings, contrast, signal };
    const run = new ComparisonRun({ ...opened, flags, reporter, files, question, asked });
    return namingProvider(flags, () => run.all(inputs.files, [...inputs.failures]));
  });
}

/** The methods that --method names, each once, in the order given; without the flag, the usual ones. */
function chosenMethods(flag: readonly ChosenMethod[] | undefined): readonly ChosenMethod[] {
  const chosen = flag ?? usualMethods.flatMap(({ name }) => parseMethods(name));
  const once = [...new Map(chosen.map((one) => [one.name, one])).values()];
  const twice = once.find(({ method }, i) => once.findIndex((c) => c.method === method) !== i);
  if (!twice) return once;
  throw new UsageError(
    `--method ${twice.name}: a comparison has one column for ${twice.method}; leave the other one out`,
  );
}

interface ComparisonSetup extends OpenedRun {
  readonly flags: CompareFlags;
  readonly reporter: Reporter;
  readonly files: ComparisonFiles;
  readonly question: Omit<ComparisonQuestion, "options" | "onMethod">;
  /** How, beside the target. */
  readonly asked: {
    readonly settings: MethodValues;
    readonly contrast: ChosenContrast;
    readonly signal: AbortSignal;
  };
}

/** A sample that can be read. */
interface SamplePlace {
  readonly file: InputFile;
  readonly index: number | undefined;
  readonly pixels: number;
}

/** Goes through the samples page by page; no more than a page of maps is in memory at a time. */
class ComparisonRun {
  private readonly setup: ComparisonSetup;
  private readonly writer: ComparisonWriter;
  private readonly results: object[] = [];
  private readonly same: SameMaps[] = [];
  private done = 0;
  private total = 0;

  constructor(setup: ComparisonSetup) {
    this.setup = setup;
    const { flags, reporter, files, question } = setup;
    const { model, methods } = question;
    this.writer = new ComparisonWriter(files, { path: model.path, methods, flags, reporter });
  }

  async all(inputs: readonly InputFile[], failures: Failure[]): Promise<number> {
    const { reporter, files, question } = this.setup;
    const positions = await this.findPositions(inputs, failures);
    const perPage = this.samplesPerPage(positions);
    const count = Math.ceil(positions.length / perPage);
    const names = files.pageNames(count);
    const ranks = ranksOf(question.target, question.model.output.classes).length;
    this.total = positions.length * ranks * question.methods.length;
    for (const at of names.keys()) {
      const groups = await eachOrAll(
        positions.slice(at * perPage, (at + 1) * perPage),
        async (some) => ({ some, classes: await this.compare(some) }),
        ({ file }, error) => failures.push(failureOf(file.path, error)),
      );
      if (groups.length === 0) continue;
      const shown = groups.flatMap(({ some }) => some);
      const compared = groups.flatMap(({ classes }) => classes);
      const same = compared.flatMap((classes) => this.sameOf(classes));
      const rows = compared.flatMap((classes, i) => {
        return classes.map((sample) => this.rowOf(sample, shown[i]!));
      });
      this.same.push(...same);
      const notes = noteLines(compared.flat().flatMap(notesOf));
      for (const line of same) reporter.note(`warning: ${sameMapsLine(line)}`);
      for (const line of notes) reporter.line(`note: ${line}`);
      await this.writer.page(rows, [...same.map(sameMapsLine), ...notes], names, at);
    }
    reporter.document({
      ...this.writer.written(),
      results: this.results,
      same: this.same,
      ...(failures.length > 0 ? { failures } : {}),
    });
    if (failures.length === 0) return exitCodes.done;
    const lines = failures.map(({ error }) => `  ${error}`);
    reporter.error(`${failures.length} inputs failed\n${lines.join("\n")}`);
    return exitCodes.failed;
  }

  /** All readable samples, which determine the number of pages; unreadable files become failures. */
  private async findPositions(
    inputs: readonly InputFile[],
    failures: Failure[],
  ): Promise<SamplePlace[]> {
    const positions: SamplePlace[] = [];
    for (const file of inputs) {
      try {
        for (const { x, index } of await this.read(file)) {
          const pixels = x.dims.slice(2).reduce((a, b) => a * b, 1);
          positions.push({ file, index, pixels });
        }
      } catch (error) {
        if (endsRun(error)) throw error;
        failures.push(failureOf(file.path, error));
      }
    }
    return positions;
  }

  private async read({ path }: InputFile): Promise<InputSample[]> {
    return readSamples(await readInput(path), path, this.setup.reader);
  }

  private samplesPerPage(positions: readonly SamplePlace[]): number {
    const { question, files } = this.setup;
    const ranks = ranksOf(question.target, question.model.output.classes).length;
    const count = question.methods.length;
    const pixels = Math.max(1, ...positions.map((place) => place.pixels));
    const rows =
      files.kind === "png"
        ? rowsPerSheet / Math.ceil(count / mostColumns)
        : Math.min(rowsPerSheet, numbersPerPage / (pixels * count));
    return Math.max(1, Math.floor(rows / ranks));
  }

  /** For each place, its classes. */
  private async compare(positions: readonly SamplePlace[]): Promise<ComparedSample[][]> {
    const { question, feeds, flags, preprocessing, reporter } = this.setup;
    const { settings, contrast, signal } = this.setup.asked;
    const subjects: ComparedSubject[] = [];
    for (const { file, index } of positions) {
      const sample = (await this.read(file)).find((s) => s.index === index)!;
      const asked = { feeds: feedsFor(feeds, [index]), ...contrast };
      subjects.push({ sample, name: sampleName(file.name, index), path: file.path, asked });
    }
    const report = (what: string): void => {
      reporter.progress(this.done, this.total, what);
    };
    const options: ComparisonQuestion["options"] = (method, { path }) => ({
      ...settings.get(method.name),
      ...{ method: method.name, signal },
      // --batch 1 is about images; variants of one image have a better default.
      ...(flags.batch > 1 ? { batch: flags.batch } : {}),
      ...(preprocessing ? { preprocessing: preprocessing.settings } : {}),
      onProgress: ({ done, total }) => {
        report(`${method.name} ${path} ${done}/${total}`);
      },
    });
    const onMethod: ComparisonQuestion["onMethod"] = (method, { path }) => {
      signal.throwIfAborted();
      report(`${method.name} ${path}`);
      this.done++;
    };
    return compareSamples({ ...question, options, onMethod }, subjects);
  }

  /** Methods that hardly tell the classes of one image apart. */
  private sameOf(classes: readonly ComparedSample[]): readonly SameMaps[] {
    return this.setup.question.methods.flatMap(({ name }, m) => {
      const maps = classes.flatMap(({ row, target, label }) => {
        const compared = row.maps[m]!;
        const isMap = "map" in compared;
        return isMap ? [{ name: nameOfClass({ target, label }), map: compared.map.data }] : [];
      });
      return sameMaps(classes[0]!.row.caption[0]!, name, maps);
    });
  }

  /** A row with links to its raw arrays, which a page has beside it. */
  private rowOf(sample: ComparedSample, { file, index }: SamplePlace): ComparedRow {
    const { files, question } = this.setup;
    const { row, rank, target, label, versus, score, probability, outcomes } = sample;
    this.results.push({
      input: file.path,
      ...(index === undefined ? {} : { sample: index }),
      ...(rank === undefined ? {} : { rank }),
      ...{ target, label, ...(versus === undefined ? {} : { versus }), score },
      ...(probability === undefined ? {} : { probability }),
      methods: outcomes,
      ...(row.layers
        ? { parts: row.layers.parts.map(({ name, op, value }) => ({ name, op, value })) }
        : {}),
    });
    if (files.kind === "png") return row;
    const maps = row.maps.map((compared, m) => {
      if ("problem" in compared) return compared;
      const array = encodeNpy(compared.map);
      return { ...compared, file: files.writeArray(row.name, question.methods[m]!.name, array) };
    });
    return { ...row, maps };
  }
}

function notesOf({ row, outcomes }: ComparedSample): SaidNote[] {
  const image = row.caption[0]!;
  return outcomes.flatMap(({ method, notes = [] }) => notes.map((n) => ({ ...n, image, method })));
}

/** Rows of a sheet, over all its bands: some six thousand pixels. */
const rowsPerSheet = 24;

/** Numbers that a page holds: some 25 MB. */
const numbersPerPage = 9e6;
