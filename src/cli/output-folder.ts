import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.js";

/** The folder that results go to. It comes into being with the first result. */
export class OutputFolder {
  readonly path: string;

  /** @throws {UsageError} where the path is something else than a folder */
  constructor(path: string) {
    if (existsSync(path) && !statSync(path).isDirectory()) {
      throw new UsageError(`-o ${path}: this is not a folder; name a folder, new or old`);
    }
    this.path = path;
  }

  /**
   * Writes files that belong together, the last of which says that all are there. Each goes to a temporary name first;
   * only when all are written do they take their places, the last one last.
   *
   * Nothing in here waits, so Ctrl-C, which Node hands out between two steps of a program, finds either nothing or
   * everything.
   */
  write(files: readonly (readonly [name: string, content: Uint8Array | string])[]): void {
    mkdirSync(this.path, { recursive: true });
    const at = (name: string): string => join(this.path, name);
    const temporary = (name: string): string => at(`.${name}.tmp`);
    try {
      for (const [name, content] of files) writeFileSync(temporary(name), content);
      // An old manifest must not vouch for new files.
      rmSync(at(files.at(-1)![0]), { force: true });
      for (const [name] of files) renameSync(temporary(name), at(name));
    } catch (error) {
      for (const [name] of files) rmSync(temporary(name), { force: true });
      throw error;
    }
  }

  /** The text of a file, or undefined where it cannot be read. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8");
    } catch {
      return undefined;
    }
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }
}
