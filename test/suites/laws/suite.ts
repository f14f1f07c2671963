import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { registry } from "../../../src/ops/all.js";
import { differentiate } from "../../../src/autodiff/differentiate.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import { qualifiedName } from "../../../src/ops/core/registry.js";
import { forwardOf, type Precision } from "./application.js";
import type { Case, Row } from "./case.js";
import { checkLaws } from "./check.js";
import { casesOf, constantInputs, registeredWords, untestedInputs } from "./inputs.js";
import { runs, seed } from "./runs.js";
import { rows, withoutRow } from "./table.js";

export interface LawSettings {
  /** Operators whose forward or backward pass the engine runs in float32 only, with the reason. */
  readonly float32: Readonly<Record<string, string>>;
  /** The engine must know all sizes before it runs, so that operators whose output is sized by the run are refused. */
  readonly staticSizes?: boolean;
}

/**
 * The laws of the rule book for every operator, over random geometry. FULLGRAD_RUNS sets the number of
 * cases for each operator, FULLGRAD_SEED the seed; a failure prints the smallest failing case.
 */
export function operatorLaws(backend: Backend, settings: LawSettings): void {
  describe(`every operator on ${backend.name} obeys the laws`, () => {
    const run = rows.filter(
      (row) =>
        !(settings.staticSizes && row.sizedByRun) &&
        !(row.float64Only && row.op in settings.float32),
    );
    it.each(run.map((row) => ({ row, op: row.op })))(
      "$op",
      { timeout: 600_000 },
      async ({ row }) => {
        const precision = row.op in settings.float32 ? "float32" : "float64";
        await expectLaws(backend, row, precision);
      },
    );
  });
}

/** Checks that the engine still lacks float64 where the settings say so, so that no weaker test stays unnoticed. */
export function float32Only(backend: Backend, settings: LawSettings): void {
  describe(`${backend.name} has no float64 kernel`, () => {
    it.each(Object.entries(settings.float32).map(([op, why]) => ({ op, why })))(
      "for $op: $why",
      async ({ op }) => {
        const row = rows.find((r) => r.op === op)!;
        const why = /implementation|tensor\(double\)/;
        await expect(expectLaws(backend, row, "float64")).rejects.toSatisfy((error: Error) =>
          why.test(String(error.cause)),
        );
      },
    );
  });
}

/** Every record with a gradient is in the table. */
export function everyGradientIsTested(): void {
  it("every operator that has a gradient has a row of laws", () => {
    const tested = new Set(rows.map((row) => row.op));
    const missing = registry
      .all()
      .filter(({ vjp }) => typeof vjp !== "string" || vjp === "by-definition")
      .map(qualifiedName)
      .filter((op) => !tested.has(op) && !(op in withoutRow));
    expect(missing).toEqual([]);
    expect(Object.keys(withoutRow).filter((op) => tested.has(op))).toEqual([]);
  });
}

/** A law varies every float input of every record, unless its rule requires a constant or makes it a choice. */
export function everyFloatInputIsTested(): void {
  it("every float input of every operator has a law, or a stated reason for its absence", () => {
    expect(untestedInputs(registry)).toEqual([]);
  });

  it("an input that no case varies is detected", () => {
    const vjp = () => [
      () => {
        throw new Error("never asked");
      },
      () => {
        throw new Error("never asked");
      },
    ];
    expect(untestedInputs(registry.with({ Dropout: { vjp } }))).toEqual(["Dropout ratio"]);
  });

  it("the walk classifies every present input", () => {
    const silent = rows.flatMap((row) =>
      casesOf(row).flatMap((c) =>
        [...registeredWords(c)].flatMap(([i, w]) => (w === "nothing" ? [`${row.op} ${i}`] : [])),
      ),
    );
    expect(silent).toEqual([]);
  });

  it.each(constantInputs())(
    "$op refuses an image-dependent $name, and names it",
    ({ c, i, name }) => {
      const { graph, ys } = forwardOf(c, "float32");
      const node = graph.nodes[0]!;
      const b = GraphBuilder.on(graph, registry.infer);
      const seeds = new Map([[ys[0]!.name, b.input("v", ys[0]!.fact)]]);
      const active = new Set([node.inputs[i]!, ys[0]!.name]);
      const attempt = (): unknown => differentiate(b, graph, registry, seeds, active);
      expect(attempt).toThrow(`input ${i} (${name}, "${node.inputs[i]!}") depends on the image`);
      expect(attempt).toThrow(`node "${node.name}"`);
    },
  );
}

async function expectLaws(backend: Backend, row: Row, precision: Precision): Promise<void> {
  const cases = fc.record({ geometry: row.cases, seed: fc.noShrink(fc.nat()) });
  const property = fc.asyncProperty(cases, async ({ geometry, seed: numbers }) => {
    const c: Case = { ...geometry, op: row.op, seed: numbers };
    await checkLaws(backend, row, c, precision);
  });
  await fc.assert(property, { numRuns: Math.ceil(runs * (row.effort ?? 1)), seed });
}
