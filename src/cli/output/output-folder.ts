import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FullgradError, UsageError } from "../../errors.js";
import { writeTogether } from "../../files/write-files.js";

/** Results cannot be written: the disk is full, the folder is read-only. Further inputs would fail too. */
export class OutputError extends FullgradError {
  override name = "OutputError";
}

/** The output folder. It is created with the first result. */
export class OutputFolder {
  readonly path: string;

  /** @throws {UsageError} if the path exists and is not a folder */
  constructor(path: string) {
    if (existsSync(path) && !statSync(path).isDirectory()) {
      throw new UsageError(`-o ${path}: this is not a folder; name a folder, new or old`);
    }
    this.path = path;
  }

  /**
   * Writes the files of one result, the manifest last: {@link writeTogether}.
   *
   * @throws {OutputError} if they cannot be written
   */
  write(files: readonly (readonly [name: string, content: Uint8Array | string])[]): void {
    this.writing(() => {
      writeTogether(files.map(([name, content]) => [join(this.path, name), content] as const));
    });
  }

  /**
   * Creates a file; false if it exists.
   *
   * @throws {OutputError} if it cannot be written
   */
  create(name: string, content: string): boolean {
    return this.writing(() => {
      mkdirSync(this.path, { recursive: true });
      try {
        writeFileSync(join(this.path, name), content, { flag: "wx" });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      }
    });
  }

  private writing<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OutputError(`results cannot be written to ${this.path}: ${reason}`, {
        cause: error,
      });
    }
  }

  /** The bytes of a file, or undefined if it cannot be read. */
  readBytes(name: string): Uint8Array | undefined {
    try {
      return readFileSync(join(this.path, name));
    } catch {
      return undefined;
    }
  }

  /** The text of a file, or undefined if it cannot be read. */
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
