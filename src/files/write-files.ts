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
import { dirname, join } from "node:path";

/** A part of a file and its place in it. */
export interface FileBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a file is to hold: text as UTF-8, bytes, or blocks of bytes at their offsets. */
export type Content = string | Uint8Array | readonly FileBlock[];

/**
 * Writes files that belong together; the last one vouches for the others. Each goes to a temporary name of this process
 * in its own folder first and is flushed to the disk; only when all are there do they take their places, the last one
 * last. An old last file is removed before, so that it never vouches for new files. Folders are created.
 *
 * Nothing in here waits, so a signal, which Node hands out between two steps of a program, finds nothing or everything.
 *
 * @throws the file system's error; what was written under temporary names is removed
 */
export function writeTogether(files: readonly (readonly [path: string, content: Content])[]): void {
  const moves: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const [path, content] of files) {
      const folder = dirname(path);
      openFolder(folder);
      const from = join(folder, `${prefix}${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
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

/** Temporary names begin with it; short, so that a file with a name of any length can be written. */
const prefix = ".fullgrad-";

/** Milliseconds after which a temporary file that does not grow was left behind by a process that was killed. */
const abandonedAfter = 3_600_000;

/** Bytes of one write: Node takes less than 2 GiB. */
const mostAtOnce = 2 ** 30;

const opened = new Set<string>();

/** Creates the folder; the first time, removes what killed processes left in it. */
function openFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (opened.has(folder)) return;
  opened.add(folder);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats && Date.now() - stats.mtimeMs > abandonedAfter) rmSync(path, { force: true });
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

/** Makes renames last. Some systems cannot flush a folder; nothing is lost but this certainty. */
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
