import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.js";
import { sep } from "node:path";
import type { Preprocessing, Size } from "../../image/preprocess.js";
import type { Subject } from "../../evaluate/subject.js";
import type { Network } from "../../evaluate/scorer.js";
import { concatBatch, rowsOf } from "../../tensor/batches.js";
import { float32, toNumbers, type Tensor } from "../../tensor/tensor.js";
import { eachOrAll, failureOf } from "../commands/each-or-all.js";
import { endsRun, messageOf } from "../exit-codes.js";
import { isArrayFile, type Failure, type InputFile } from "../input/inputs.js";
import { topClasses } from "../../model/predictions.js";
import { readSamples, type SampleReader } from "../input/samples.js";
import { boxesInView, type BoxTable } from "./boxes.js";
import type { ClassOf } from "./class-folders.js";
import { sha256 } from "../input/model-file.js";
import { shortened } from "../output/journal.js";

/** A file that is read but not decoded. */
export interface ReadFile {
  readonly file: InputFile;
  readonly bytes: Uint8Array;
  /** Of its content. */
  readonly sha256: string;
  /** The start of the same. */
  readonly digest: string;
}

/** A subject and the file that it is from. */
export interface SubjectOfFile {
  readonly subject: Subject;
  readonly digest: string;
}

/** The bytes of files; those that cannot be read become failures. */
export async function readFiles(
  files: readonly InputFile[],
  failures: Failure[],
): Promise<ReadFile[]> {
  const read: ReadFile[] = [];
  for (const file of files) {
    try {
      const bytes = await readFile(file.path);
      const hash = sha256(bytes);
      read.push({ file, bytes, sha256: hash, digest: shortened(hash) });
    } catch (error) {
      failures.push({ input: file.path, error: messageOf(error) });
    }
  }
  return read;
}

/** What makes subjects of files. */
export interface SubjectReader {
  readonly reader: SampleReader;
  readonly preprocessing: Preprocessing;
  readonly network: Network;
  /** The class of a file; absent if it is the network's first choice. */
  readonly targetOf?: ClassOf;
  /** See {@link Subject.versus}; "second" is the best class beside the target. */
  readonly versus?: number | "second";
  readonly batch: number;
  /** Where objects are; samples without any are passed over. */
  readonly boxes?: BoxTable;
}

/** A sample without its target. */
type Candidate = Omit<SubjectOfFile, "subject"> & {
  readonly path: string;
  readonly subject: Omit<Subject, "target">;
  readonly size: Size | undefined;
};

/** The subjects in files, in groups of one shape and at most `batch`; undecodable files become failures. */
export async function subjectsOf(
  files: readonly ReadFile[],
  setup: SubjectReader,
  failures: Failure[],
): Promise<SubjectOfFile[][]> {
  const groups: Candidate[][] = [];
  for (const { file, bytes, digest } of files) {
    try {
      for (const sample of await readSamples(bytes, file.path, setup.reader)) {
        const x = float32(sample.x.dims, toNumbers(sample.x));
        const place = sample.index === undefined ? "" : `[${sample.index}]`;
        const subject = {
          name: nameOf(file.path) + place,
          x,
          seed: seedOf(digest, sample.index ?? 0),
          preprocessing: setup.preprocessing,
        };
        const last = groups.at(-1);
        const fits = last && last.length < setup.batch && sameShape(last[0]!.subject.x, x);
        const candidate = { path: file.path, digest, subject, size: sample.size };
        if (fits) last.push(candidate);
        else groups.push([candidate]);
      }
    } catch (error) {
      if (endsRun(error)) throw error;
      failures.push(failureOf(file.path, error));
    }
  }
  const targeted: SubjectOfFile[][] = [];
  for (const group of groups) {
    const subjects = await eachOrAll(
      group,
      (some) => withTargets(some, setup),
      ({ path }, error) => failures.push(failureOf(path, error)),
    );
    if (subjects.length > 0) targeted.push(subjects.flat());
  }
  return targeted;
}

/** As records call a file: the same on every system. */
export function nameOf(path: string): string {
  return path.split(sep).join("/");
}

/** True if a file contains a single sample, which is then named like the file. */
export function isSingle({ file }: ReadFile): boolean {
  return !isArrayFile(file.path);
}

async function withTargets(
  group: readonly Candidate[],
  { network, targetOf, versus, boxes, preprocessing }: SubjectReader,
): Promise<SubjectOfFile[]> {
  const x: Tensor = concatBatch(group.map(({ subject }) => subject.x));
  const isKnown = targetOf && versus !== "second";
  const rows = isKnown ? [] : rowsOf(await network.predict(x), group.length);
  return group.flatMap(({ path, digest, subject, size }, i) => {
    const target = targetOf ? targetOf(path) : topClasses(rows[i]!, 1)[0]!;
    const other = versus === "second" ? bestBeside(target, rows[i]!) : versus;
    const targeted = { ...subject, target, ...(other === undefined ? {} : { versus: other }) };
    if (!boxes) return [{ digest, subject: targeted }];
    const found = size ? boxesInView(boxes, path, target, size, preprocessing) : [];
    return found.length > 0 ? [{ digest, subject: { ...targeted, boxes: found } }] : [];
  });
}

function bestBeside(target: number, row: readonly number[]): number {
  const other = topClasses(row, 2).find((index) => index !== target);
  if (other !== undefined) return other;
  throw new UsageError("--versus second: the network has a single score");
}

function sameShape(a: Tensor, b: Tensor): boolean {
  return a.dims.join() === b.dims.join();
}

function seedOf(digest: string, index: number): number {
  return (parseInt(digest.slice(0, 8), 16) ^ Math.imul(index, 0x85ebca6b)) >>> 0;
}
