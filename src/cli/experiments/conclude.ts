import { join } from "node:path";
import type { SampleRecord } from "../../evaluate/run.js";
import type { Link } from "../../evaluate/scorer.js";
import { summarize } from "../../evaluate/summary.js";
import type { Report } from "../../evaluate/report/report.js";
import { reportFiles } from "../../evaluate/report/report-files.js";
import type { Failure } from "../input/inputs.js";
import { noteLines } from "../output/note-lines.js";
import type { OutputFolder } from "../output/output-folder.js";
import { packageRoot, requirePackages } from "../package-files.js";
import type { EvaluationSetup } from "./setup.js";
import { hashOfAll, type Repeatable } from "./provenance.js";
import { summaryText } from "./summary-text.js";

/** The records of a run. */
export interface EvaluationFindings {
  readonly records: readonly SampleRecord[];
  readonly failures: readonly Failure[];
  /** The SHA-256 of each file with images. */
  readonly images: readonly string[];
}

/** Writes tables, charts and the page, and prints the means. */
export async function conclude(
  setup: EvaluationSetup & Repeatable,
  folder: OutputFolder,
  link: Link,
  findings: EvaluationFindings,
): Promise<void> {
  const { test, reporter } = setup;
  const report = reportOf(setup, link, findings);
  const files = await reportFiles(report, fontFile());
  folder.write(files);
  const { summary, measures, axis } = report;
  reporter.document({
    test: test.name,
    files: files.map(([name]) => join(folder.path, name)),
    summary,
    failures: findings.failures,
    notes: setup.notes,
  });
  for (const line of noteLines(setup.notes)) reporter.line(`note: ${line}`);
  reporter.line(summaryText(summary, measures, axis));
  reporter.line(`→ ${join(folder.path, `${test.name}.html`)}`);
}

/** @throws {BackendError} if the optional packages that draw charts are missing */
export function requireCharts(): void {
  requirePackages("charts of a report", ["vega", "vega-lite", "@resvg/resvg-js"]);
}

/** The font that charts are drawn with; it comes with the package, as a machine may have none. */
export function fontFile(): string {
  return join(packageRoot(), "assets", "fonts", "DejaVuSans.subset.ttf");
}

function reportOf(
  {
    test,
    settings,
    stages,
    flags,
    makers,
    model,
    command,
    provenance,
  }: EvaluationSetup & Repeatable,
  link: Link,
  { records, failures, images }: EvaluationFindings,
): Report {
  const measures = test.measures(settings);
  const axis = test.axis?.(settings, stages);
  const samples = new Set(records.map((record) => record.sample)).size;
  const count = `${samples} ${samples === 1 ? "sample" : "samples"}`;
  const said = ([name, value]: readonly [string, unknown]): readonly [string, string] => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ];
  const { name, title, paper, about, notShown } = test;
  return {
    ...{ name, title, paper, about, notShown, measures, records },
    ...(axis ? { axis } : {}),
    summary: summarize(records, measures, axis, flags.seed),
    subtitle: `${model.path}, ${count}; mean and 95 % bootstrap interval`,
    baselines: makers.filter((maker) => maker.isBaseline).map((maker) => maker.name),
    failures: failures.map(({ input, error }) => ({ sample: input, error })),
    facts: [
      ["model", `${model.path}, SHA-256 ${model.sha256}`],
      ["command", command],
      ["images", `${count}, SHA-256 of all ${hashOfAll(images)}`],
      ["methods", makers.map((maker) => maker.name).join(", ")],
      ["probability", link],
      ...Object.entries(provenance.settings).map(said),
      ["versions", JSON.stringify(provenance.versions)],
    ],
    provenance: {
      ...provenance,
      command,
      images: { files: images.length, sha256: hashOfAll(images) },
      probability: link,
      methods: makers.map(({ name: method, isBaseline }) => ({ method, isBaseline })),
    },
  };
}
