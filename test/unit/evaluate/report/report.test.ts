import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SampleRecord } from "../../../../src/evaluate/run.js";
import { joinStages } from "../../../../src/evaluate/stages.js";
import { summarize } from "../../../../src/evaluate/summary.js";
import type { MeasureAxis, Measure } from "../../../../src/evaluate/test.js";
import { decodeImage } from "../../../../src/image/codec.js";
import { chartOf } from "../../../../src/evaluate/report/chart.js";
import { toPng, toSvg } from "../../../../src/evaluate/report/render.js";
import type { Report } from "../../../../src/evaluate/report/report.js";
import { reportFiles } from "../../../../src/evaluate/report/report-files.js";
import { root } from "../../../end-to-end/cli-harness.js";

interface Scale {
  readonly range: readonly unknown[];
}

const fonts = join(root, "assets", "fonts");
const font = join(fonts, "DejaVuSans.subset.ttf");
const axis: MeasureAxis = { title: "pixels removed", values: [0, 0.5, 1], percent: true };
const measures: readonly Measure[] = [
  { name: "change", title: "change <of> f & p", better: "lower" },
  { name: "hit", title: "hits", better: "higher", single: true },
];

function record(sample: string, method: string, change: (number | null)[], hit: number) {
  return {
    ...{ sample, method, target: 3, output: 1, probability: 0.5 },
    values: { change, hit: [hit] },
  } satisfies SampleRecord;
}

const records = [
  record("a, b.png", "fullgrad", [0, 1, 2], 1),
  record('c "d".png', "fullgrad", [0, 3, 4], 0),
  record("a, b.png", "random", [0, 5, null], 0),
  record('c "d".png', "random", [0, 7, 8], 0),
];

const report: Report = {
  ...{ name: "made-up", title: "A test", paper: "Nobody, 2026", about: "What is done." },
  ...{ notShown: ["Everything <else>."], measures, axis, subtitle: "model.onnx, 2 samples" },
  ...{ baselines: ["random"], records, failures: [{ sample: "e.png", error: "is broken" }] },
  summary: summarize(records, measures, axis, 0),
  facts: [["model", "model.onnx"]],
  provenance: { model: { path: "model.onnx" } },
};

const files = new Map(await reportFiles(report, font));
const text = (name: string): string => String(files.get(name));

test("a summary has the mean of each place, of the curve, and of single numbers", () => {
  const find = (measure: string, method: string, at?: number) =>
    report.summary.find((r) => r.measure === measure && r.method === method && r.at === at)!;
  expect(find("change", "fullgrad", 0.5)).toMatchObject({ n: 2, mean: 2 });
  expect(find("change", "random", 1)).toMatchObject({ n: 1, mean: 8 });
  expect(find("hit", "fullgrad")).toMatchObject({ n: 2, mean: 0.5 });
  const curve = report.summary.find((r) => r.over === "curve" && r.method === "fullgrad");
  expect(curve).toMatchObject({ n: 2, mean: (1 + 2.5) / 2 });
  // On the first sample the curve of random has a hole; on the second, fullgrad's is lower.
  expect(curve!.won).toEqual({ samples: 1, of: 1 });
  expect(find("hit", "fullgrad").won).toEqual({ samples: 1, of: 2 });
  expect(find("hit", "random").won).toBeUndefined();
});

describe("of three methods on four samples", () => {
  const numbers = { fullgrad: [1, 2, 3, 4], random: [3, 3, 3, 3], "smooth-random": [2, 2, 5, 1] };
  const known = Object.entries(numbers).flatMap(([method, values]) =>
    values.map((value, i) => record(`${i}.png`, method, [], value)),
  );
  const rowsWith = (better: Measure["better"]) =>
    summarize(known, [{ name: "hit", title: "hits", better, single: true }], undefined, 0);

  test("the difference from a baseline is that of each sample, and so is its interval", () => {
    const [row] = rowsWith("lower");
    const [random, smooth] = row!.against!;
    // −2, −1, 0, 1: better on the first two.
    expect(random).toMatchObject({ baseline: "random", n: 4, mean: -0.5, won: 2 });
    expect(random!.low).toBeGreaterThanOrEqual(-2);
    expect(random!.high).toBeLessThanOrEqual(1);
    // −1, 0, −2, 3
    expect(smooth).toMatchObject({ baseline: "smooth-random", n: 4, mean: 0, won: 2 });
    expect(row!.won).toEqual({ samples: 2, of: 4 });
  });

  test("a larger number wins where that is better, and none where neither is", () => {
    const [higher] = rowsWith("higher");
    expect(higher!.against!.map(({ won }) => won)).toEqual([1, 1]);
    const [neither] = rowsWith("neither");
    expect([neither!.against, neither!.rank, neither!.won]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("ranks are of each sample, and equal methods share theirs", () => {
    const ranks = rowsWith("lower").map(({ method, rank }) => [method, rank!.mean]);
    // Ranks 1, 1.5, 1.5, 3 · 3, 3, 1.5, 2 · 2, 1.5, 3, 1
    expect(ranks).toEqual([
      ["fullgrad", 7 / 4],
      ["random", 9.5 / 4],
      ["smooth-random", 7.5 / 4],
    ]);
  });

  test("a constant lead has an interval without width", () => {
    const led = [1, 5, 9].flatMap((value, i) => [
      record(`${i}`, "fullgrad", [], value - 1),
      record(`${i}`, "random", [], value),
    ]);
    const single = [{ ...measures[1]!, better: "lower" as const }];
    const [row] = summarize(led, single, undefined, 0);
    expect(row!.against).toEqual([
      { baseline: "random", n: 3, mean: -1, median: -1, low: -1, high: -1, won: 3 },
    ]);
  });
});

test("the summary's table has every estimate, with ranks and differences for whole curves", () => {
  const lines = text("made-up.summary.csv").split("\r\n");
  expect(lines).toHaveLength(1 + report.summary.length + 1);
  const [heads, ...rows] = lines.map((line) => line.split(","));
  const curve = rows.find((row) => row[1] === "fullgrad" && row[2] === "curve")!;
  const at = (name: string): string => curve[heads!.indexOf(name)]!;
  expect([at("mean"), at("better than random"), at("compared with random")]).toEqual([
    "1.75",
    "1",
    "1",
  ]);
  expect(at("minus random")).toBe("-3");
  expect(at("minus smooth-random")).toBe("");
});

test("the table has every number, and names with commas and quotes survive", () => {
  const lines = text("made-up.csv").split("\r\n");
  expect(lines).toHaveLength(1 + 4 * 4 + 1);
  expect(lines[0]).toBe("sample,method,target,measure,at,value");
  expect(lines[2]).toBe('"a, b.png",fullgrad,3,change,0.5,1');
  expect(lines).toContain('"c ""d"".png",fullgrad,3,hit,,0');
  expect(lines).toContain('"a, b.png",random,3,change,1,');
});

test("the document has settings, means and every sample", () => {
  const document = JSON.parse(text("made-up.json")) as Record<string, unknown>;
  expect(document).toMatchObject({ test: "made-up", samples: records, summary: report.summary });
  expect([...files.keys()].at(-1)).toBe("made-up.json");
});

test("the page needs nothing beside itself, says what is not shown, and escapes what it quotes", () => {
  const page = text("made-up.html");
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page).toContain("Everything &lt;else&gt;.");
  expect(page).toContain("change &lt;of&gt; f &amp; p");
  expect(page).toContain("better than random");
  expect(page).toContain("e.png: is broken");
  const fetched = page.replaceAll(/xmlns(:\w+)?="[^"]+"/g, "").match(/(src|href)=|https?:/g);
  expect(fetched).toBeNull();
});

describe("a chart", () => {
  const spec = chartOf({
    ...{ title: "A test", subtitle: "2 samples", measure: measures[0]!, axis },
    rows: report.summary.filter((row) => row.measure === "change"),
    methods: ["fullgrad", "random"],
    baselines: new Set(["random"]),
  });

  test("is a Vega-Lite document with its numbers inside", () => {
    const { $schema, data } = spec as { $schema: string; data: { values: unknown[] } };
    expect($schema).toMatch(/vega-lite\/v5/);
    expect(data.values).toHaveLength(6);
  });

  test("has a line and a band for each method, with the axis in percent", async () => {
    const svg = await toSvg(spec);
    for (const words of ["fullgrad", "random", "50 %", "pixels removed", "A test"]) {
      expect(svg).toContain(words);
    }
    expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(2);
    expect(svg.match(/aria-roledescription="area mark"/g)).toHaveLength(2);
  });

  test("tells all methods apart, and a smoothed one has the colour of its method", () => {
    const many = Array.from({ length: 12 }, (_, i) => `m${i}`);
    const methods = [...many, "m3~7x7", "random", "smooth-random", "edge", "centre-blur"];
    const { layer } = chartOf({
      ...{ title: "A test", subtitle: "2 samples", measure: measures[0]!, axis, rows: [], methods },
      baselines: new Set(methods.slice(13)),
    }) as unknown as { layer: [unknown, { encoding: Record<string, { scale: Scale }> }] };
    const { color, strokeDash } = layer[1].encoding;
    const looks = methods.map((_, i) => [color!.scale.range[i], strokeDash!.scale.range[i]]);
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(methods.length);
    expect(looks[12]![0]).toBe(looks[3]![0]);
  });

  test("has its text drawn in the PNG, from the font in the package alone", async () => {
    const svg = await toSvg(spec);
    const withText = await decodeImage(await toPng(svg, font), "chart");
    const empty = await decodeImage(await toPng(svg, join(fonts, "LICENSE")), "chart");
    // The title, at twice its size: dark pixels where there is nothing else.
    const dark = ({ data, width }: typeof withText): number => {
      let count = 0;
      for (let i = 0; i < 40 * width; i++) if (data[i * 3]! < 100) count++;
      return count;
    };
    expect(dark(withText)).toBeGreaterThan(200);
    expect(dark(empty)).toBe(0);
  });
});

test("stages of a cascade become one curve, of the samples that all of them have", () => {
  const stage = (values: number[]) =>
    values.map((v, i) => ({ ...record(`${i}`, "m", [], 0), values: { like: [v] } }));
  const joined = joinStages([stage([0.9, 0.8]), stage([0.5, 0.4]), stage([0.1])]);
  expect(joined.map(({ sample, values }) => [sample, values["like"]])).toEqual([
    ["0", [0.9, 0.5, 0.1]],
  ]);
});

test("no cell of the table is a formula for a spreadsheet", async () => {
  const names = ["=1+2.png", "+1.png", "-a.png", "@b.png", "\tc.png"];
  const own = names.map((name) => record(name, "fullgrad", [-1, 1, 2], 1));
  const all = new Map(await reportFiles({ ...report, records: own }, font));
  const lines = String(all.get("made-up.csv")).split("\r\n").slice(1, -1);
  const cells = lines.map((line) => line.split(","));
  expect([...new Set(cells.map(([name]) => name))]).toEqual(names.map((name) => `'${name}`));
  expect(cells[0]!.at(-1)).toBe("-1");
});
