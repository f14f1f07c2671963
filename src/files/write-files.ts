import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../errors.js";

/** Bytes and their offset in a file. */
export interface FileBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Content of a file: text (written as UTF-8), bytes, or blocks of bytes at offsets. */
export type Content = string | Uint8Array | readonly FileBlock[];

/**
 * Writes a group of files atomically; the last file marks the group as complete.
 *
 * Each file is first written and flushed under a temporary name in its own folder. Once all are written, they are
 * renamed into place in order. An existing last file is removed beforehand, so it never marks new files as complete.
 * Missing folders are created.
 *
 * The function is synchronous: Node delivers signals between turns of the event loop, so a signal handler sees either
 * all of the files or none.
 *
 * @throws {UsageError} for the path of a device or a pipe
 * @throws the file system's error; temporary files are removed
 */
export function writeTogether(files: readonly (readonly [path: string, content: Content])[]): void {
  for (const [path] of files) checkReplaceable(path);
  const moves: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const [path, content] of files) {
      const folder = dirname(path);
      openFolder(folder);
      const from = join(folder, temporaryName());
      moves.push({ from, to: path });
      writeFlushed(from, content);
    }
    if (moves.length > 1) rmSync(moves.at(-1)!.to, { force: true });
    for (const { from, to } of moves) renameSync(from, to);
    for (const folder of new Set(moves.map(({ to }) => dirname(to)))) flushFolder(folder);
  } catch (error) {
    for (const { from } of moves) rmSync(from, { force: true });
    throw error;
  }
}

/**
 * As {@link writeTogether} for files of one folder, which are checked before they are renamed into place: `check` gets a
 * hidden folder that holds all of them under their own names.
 *
 * @throws what `check` throws; nothing is left behind, and older files of these names stay
 */
export async function writeChecked(
  files: readonly (readonly [path: string, content: Content])[],
  check: (folder: string) => Promise<void>,
): Promise<void> {
  for (const [path] of files) checkReplaceable(path);
  const folder = dirname(files[0]![0]);
  openFolder(folder);
  const hidden = join(folder, temporaryName());
  mkdirSync(hidden);
  try {
    const staged = files.map(([path]) => join(hidden, basename(path)));
    for (const [i, [, content]] of files.entries()) writeFlushed(staged[i]!, content);
    await check(hidden);
    if (files.length > 1) rmSync(files.at(-1)![0], { force: true });
    for (const [i, [path]] of files.entries()) renameSync(staged[i]!, path);
    flushFolder(folder);
  } finally {
    rmSync(hidden, { recursive: true, force: true });
  }
}

/** A rename would put a file in the place of a device (such as /dev/null) or a pipe. */
function checkReplaceable(path: string): void {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind && !kind.isFile() && !kind.isDirectory()) {
    throw new UsageError(`${path} is not a regular file, so results are not written to it`);
  }
}

const temporaryName = (): string => `${prefix}${process.pid}-${randomBytes(6).toString("hex")}.tmp`;

/** Prefix of temporary names. They do not contain the file's own name, so a name of any length can be written. */
const prefix = ".fullgrad-";

/** Age in milliseconds after which an unchanged temporary file is considered abandoned by a killed process. */
const abandonedAfter = 3_600_000;

/** Maximum bytes per write call; Node accepts less than 2 GiB. */
const mostAtOnce = 2 ** 30;

const opened = new Set<string>();

/** Creates the folder and, on its first use, removes abandoned temporary files from it. */
function openFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (opened.has(folder)) return;
  opened.add(folder);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats && Date.now() - stats.mtimeMs > abandonedAfter) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function writeFlushed(path: string, content: Content): void {
  const file = openSync(path, "wx");
  try {
    for (const { offset, bytes } of blocksOf(content)) {
      for (let done = 0; done < bytes.length;) {
        const here = Math.min(bytes.length - done, mostAtOnce);
        done += writeSync(file, bytes, done, here, offset + done);
      }
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function blocksOf(content: Content): readonly FileBlock[] {
  if (typeof content === "string") return [{ offset: 0, bytes: new TextEncoder().encode(content) }];
  return content instanceof Uint8Array ? [{ offset: 0, bytes: content }] : content;
}

/**
 * Makes renames durable. Some systems cannot flush a folder; the files are then written, but not guaranteed to
 * survive a crash.
 */
function flushFolder(folder: string): void {
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(code ?? ""))
      throw error;
  }
}
