import { basename } from "node:path";
import { comparePage } from "../../compare/compare-page.js";
import type { ComparedRow, Comparison } from "../../compare/comparison.js";
import { layerSheet } from "../../compare/layer-sheet.js";
import { montage } from "../../compare/montage.js";
import { encodePng } from "../../image/codec.js";
import type { Method } from "../../methods/core/method.js";
import type { CompareFlags } from "../flags/compare-options.js";
import type { ComparisonFiles } from "./comparison-files.js";
import type { Reporter } from "./reporter.js";

interface ComparisonSubject {
  /** Of the model. */
  readonly path: string;
  readonly methods: readonly Method[];
  readonly flags: CompareFlags;
  readonly reporter: Reporter;
}

/** Draws the rows of a comparison as pages or sheets, and collects the paths of the written files. */
export class ComparisonWriter {
  private readonly files: ComparisonFiles;
  private readonly subject: ComparisonSubject;
  private readonly pages: string[] = [];
  private readonly layerSheets: string[] = [];

  constructor(files: ComparisonFiles, subject: ComparisonSubject) {
    this.files = files;
    this.subject = subject;
  }

  /** Paths, for the document of the run. */
  written(): { pages: readonly string[]; layers?: readonly string[] } {
    const { pages, layerSheets } = this;
    return { pages, ...(layerSheets.length > 0 ? { layers: layerSheets } : {}) };
  }

  /** @param at which of the pages with these names */
  async page(
    rows: readonly ComparedRow[],
    notes: readonly string[],
    names: readonly string[],
    at: number,
  ): Promise<void> {
    const { files } = this;
    const { path, methods, flags, reporter } = this.subject;
    const comparison: Comparison = {
      title: basename(path) + (names.length > 1 ? `, page ${at + 1} of ${names.length}` : ""),
      methods: methods.map(({ name, signed }) => ({ name, signed })),
      rows,
      notes,
    };
    const { colormap, scale, opacity, cell, photograph } = flags;
    const options = { colormap, scale, opacity, photograph };
    const isPage = files.kind === "html";
    const content = isPage
      ? await comparePage(comparison, { ...options, gallery: { files: names, at } })
      : await encodePng(montage(comparison, { ...options, cell }));
    this.pages.push(files.write(names[at]!, content));
    if (!isPage) await this.writeLayerSheets(rows);
    const images = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    reporter.line(`${images} of ${methods.length} methods → ${this.pages.at(-1)!}`);
  }

  private async writeLayerSheets(rows: readonly ComparedRow[]): Promise<void> {
    const { files } = this;
    const { reporter } = this.subject;
    for (const row of rows) {
      if (!row.layers) continue;
      const sheet = await encodePng(layerSheet(row, row.layers));
      this.layerSheets.push(files.write(files.layerSheetName(row.name), sheet));
      reporter.line(`${row.caption[0] ?? row.name} by depth → ${this.layerSheets.at(-1)!}`);
    }
  }
}
