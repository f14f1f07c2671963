import { basename, dirname, extname, join } from "node:path";
import { UsageError } from "../../errors.js";
import { OutputFolder } from "./output-folder.js";

/** Output files of a comparison: FILE, or FILE-001, FILE-002 … for several pages; FILE.maps/ for raw arrays. */
export class ComparisonFiles {
  readonly kind: "png" | "html";
  readonly folder: string;
  private readonly stem: string;
  private readonly files: OutputFolder;
  private readonly arrays: OutputFolder;

  /** @throws {UsageError} if the file is neither .png nor .html, or its path is a folder */
  constructor(out: string) {
    const extension = extname(out).toLowerCase();
    if (extension !== ".png" && extension !== ".html") {
      throw new UsageError(`-o ${out}: name a .png or an .html file`);
    }
    this.kind = extension === ".png" ? "png" : "html";
    this.stem = basename(out, extname(out));
    this.folder = dirname(out);
    this.files = new OutputFolder(this.folder);
    this.arrays = new OutputFolder(join(this.folder, `${this.stem}.maps`));
  }

  /** Names of the pages within the folder. */
  pageNames(count: number): readonly string[] {
    if (count === 1) return [`${this.stem}.${this.kind}`];
    const digits = Math.max(3, String(count).length);
    return Array.from({ length: count }, (_, i) => {
      return `${this.stem}-${String(i + 1).padStart(digits, "0")}.${this.kind}`;
    });
  }

  /** Writes a page, or a sheet beside it; returns its path. */
  write(name: string, content: Uint8Array | string): string {
    this.files.write([[name, content]]);
    return join(this.folder, name);
  }

  layerSheetName(row: string): string {
    return `${this.stem}.layers-${row}.png`;
  }

  /** Writes a map's raw array; returns its address from a page. */
  writeArray(row: string, method: string, content: Uint8Array): string {
    const name = `${row}.${method}.npy`;
    this.arrays.write([[name, content]]);
    return `${this.stem}.maps/${name}`;
  }
}
