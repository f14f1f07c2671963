import { describe, expect, it } from "vitest";
import { channelReduction } from "../../../src/analysis/channel-reduction.js";
import {
  extentOf,
  restoration,
  type Atom,
  type TracedAxes,
} from "../../../src/analysis/traced-axes.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { absolute, rescaledMaps } from "../../../src/decomposition/psi.js";
import { toImageOrder } from "../../../src/decomposition/spatial-positions.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

const channels = (size: number): Atom => ({ role: "other", size });
const samples = (size: number): Atom => ({ role: "batch", size });
const place = (axis: number, size: number, stride = 1, shift = 0): Atom => ({
  ...{ role: "place", axis, size, stride },
  ...(shift > 0 ? { shift } : {}),
});
const tokens = (before: number): Atom => ({
  ...{ role: "tokens", size: 6 + before, before },
  positions: [place(0, 2), place(1, 3)],
});
/** Windows of 2x2 of an image of 4x4. */
const windows = (batch: number, shift = 0): TracedAxes => [
  [samples(batch), place(0, 2, 2, shift), place(1, 2, 2)],
  [place(0, 2, 1, shift), place(1, 2)],
  [channels(3)],
];

const layouts: Readonly<Record<string, (batch: number) => TracedAxes>> = {
  "channels last": (n) => [[samples(n)], [place(0, 2)], [place(1, 3)], [channels(5)]],
  tokens: (n) => [[samples(n)], [tokens(0)], [channels(5)]],
  "tokens behind a class token": (n) => [[samples(n)], [tokens(1)], [channels(5)]],
  "tokens of several heads": (n) => [[samples(n)], [channels(2)], [tokens(1)], [channels(3)]],
  windows: (n) => windows(n),
  "shifted windows": (n) => windows(n, 1),
};

describe.each(Object.entries(layouts))("a term as %s has the map of its transpose", (_, layout) => {
  it.each([
    [1, "head"],
    [2, "head"],
    [2, "paper2019"],
  ] as const)("of %d samples, %s", async (batch, convention) => {
    const axes = layout(batch);
    const dims = axes.map((axis) => Number(extentOf(axis)));
    const restored = restoration(axes, 2, batch)!;
    const b = newGraph();
    const value = b.input("term", { dtype: "float32", shape: dims });
    const other = b.input("other", {
      dtype: "float32",
      shape: [batch, 2, ...restored.shape.slice(2)],
    });
    const reduction = channelReduction(axes, 2, batch);
    expect(reduction).toBeDefined();
    const map = (term: ReturnType<typeof absolute>) =>
      rescaledMaps({ b }, [{ ...term, factor: 3 }, absolute(b, other)], convention)[0]!;
    const graph = b.build([
      { name: "found", value: map(absolute(b, value, reduction)) },
      { name: "expected", value: map(absolute(b, toImageOrder(b, value, restored))) },
    ]);
    // The first numbers are those of the class token, where there is one: it must not count among the extremes.
    const numbers = (list: readonly number[]) =>
      float32(
        list,
        Array.from(
          { length: list.reduce((p, d) => p * d, 1) },
          (_, i) => Math.sin(i * i) * (i < 3 ? 100 : 1),
        ),
      );
    const executable = await ortBackend({ threads: 1 }).compile(graph);
    const results = await executable.run(
      new Map([
        ["term", numbers(dims)],
        ["other", numbers([batch, 2, ...restored.shape.slice(2).map(Number)])],
      ]),
    );
    await executable.dispose();
    const [found, expected] = ["found", "expected"].map((name) => toNumbers(results.get(name)!));
    expect(found).toHaveLength(expected!.length);
    for (let i = 0; i < expected!.length; i++) expect(found![i]).toBeCloseTo(expected![i]!, 5);
  });
});
