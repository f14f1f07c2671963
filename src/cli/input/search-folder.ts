import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { messageOf } from "../exit-codes.js";
import { oneLine } from "../output/printable.js";

/** An unusable input, and the reason. */
export interface Failure {
  readonly input: string;
  readonly error: string;
}

/** The files in a folder and its subfolders, in alphabetical order. */
export interface FolderContent {
  readonly files: string[];
  /** Files of other kinds. */
  readonly skipped: string[];
  /** Unreadable files and folders. */
  readonly failures: Failure[];
}

/**
 * Looks through a folder. Hidden files and folders are passed over. What cannot be looked at is a failure by itself; the
 * rest is found all the same.
 *
 * @param extensions of the files that are wanted, in lower case
 * @param seen real paths of folders to pass over: links may lead in a circle
 */
export async function searchFolder(
  folder: string,
  extensions: ReadonlySet<string>,
  seen: ReadonlySet<string>,
): Promise<FolderContent> {
  const search = new Search(extensions, new Set(seen));
  await search.folder(folder);
  return search.content;
}

class Search {
  readonly content: FolderContent = { files: [], skipped: [], failures: [] };
  private readonly extensions: ReadonlySet<string>;
  private readonly seen: Set<string>;

  constructor(extensions: ReadonlySet<string>, seen: Set<string>) {
    this.extensions = extensions;
    this.seen = seen;
  }

  async folder(path: string): Promise<void> {
    try {
      const real = await realpath(path);
      if (this.seen.has(real)) return;
      this.seen.add(real);
      const names = await readdir(path, { encoding: "buffer" });
      const entries = names.map((bytes) => ({ bytes, name: bytes.toString("utf8") }));
      entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      for (const { bytes, name } of entries) {
        if (name.startsWith(".")) continue;
        if (Buffer.from(name).equals(bytes)) await this.entry(join(path, name));
        else await this.unnameable(path, bytes, name);
      }
    } catch (error) {
      this.content.failures.push({ input: path, error: messageOf(error) });
    }
  }

  private async entry(path: string): Promise<void> {
    try {
      const kind = await stat(path);
      if (kind.isDirectory()) await this.folder(path);
      else if (!this.isWanted(path)) this.content.skipped.push(path);
      else if (kind.isFile()) this.content.files.push(path);
      else this.fail(path, "is not a regular file");
    } catch (error) {
      if (!this.isWanted(path)) this.content.skipped.push(path);
      else if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        this.fail(path, "is a link to a file that does not exist");
      } else this.content.failures.push({ input: path, error: messageOf(error) });
    }
  }

  /** The name is not UTF-8: this program has no text that stands for it. */
  private async unnameable(folder: string, bytes: Buffer, name: string): Promise<void> {
    const path = join(folder, name);
    const kind = await stat(Buffer.concat([Buffer.from(join(folder, "/")), bytes])).catch(
      () => undefined,
    );
    if (kind?.isDirectory() || this.isWanted(name)) {
      this.fail(path, "has a name that is not UTF-8; rename it");
    } else this.content.skipped.push(path);
  }

  private isWanted(path: string): boolean {
    return this.extensions.has(extname(path).toLowerCase());
  }

  private fail(path: string, problem: string): void {
    this.content.failures.push({ input: path, error: `${path} ${problem}` });
  }
}

/** "3 files of other kinds were passed over: 2 .webp, 1 .txt"; undefined if there are none. */
export function skippedNote(skipped: readonly string[]): string | undefined {
  if (skipped.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const path of skipped) {
    const kind = extname(path).toLowerCase() || "without extension";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const listed = skipped.slice(0, mostListed).join(", ");
  const more = skipped.length > mostListed ? ", …" : "";
  const files =
    skipped.length === 1
      ? "1 file of another kind was"
      : `${skipped.length} files of other kinds were`;
  return oneLine(`${files} passed over: ${kinds} (${listed}${more})`);
}

const mostListed = 5;
