import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  compareSamples,
  type ComparisonQuestion,
} from "../../../../src/cli/commands/compared-sample.js";
import type { RunFlags } from "../../../../src/cli/flags/options.js";
import { readExplainableModel } from "../../../../src/cli/input/model-file.js";
import { sliceBatch } from "../../../../src/tensor/batches.js";
import { TargetError, UsageError } from "../../../../src/errors.js";
import { methods } from "../../../../src/methods/all.js";
import { decodeNpy } from "../../../../src/tensor/npy.js";
import { fixture, tinyInput, tinyRelu } from "../../../end-to-end/cli-harness.js";
import { golden } from "../../../support/networks.js";

const flags: RunFlags = {
  ...{ target: "top", feed: [], backend: "ort", provider: "cpu", batch: 1, maxPixels: 1e6 },
  ...{ json: false, quiet: true },
};

const sample = { x: sliceBatch(decodeNpy(readFileSync(tinyInput)), [0]), index: 0 };
const name = { name: "input-0", path: tinyInput };

async function ask(part: Partial<ComparisonQuestion>, options = {}) {
  const model = await readExplainableModel(tinyRelu, flags);
  const question: ComparisonQuestion = {
    ...{ model, methods: methods.slice(0, 1), target: "top", labels: undefined, layers: false },
    options: (method) => ({ method: method.name }),
    onMethod: () => undefined,
    ...part,
  };
  try {
    return (await compareSamples(question, [{ sample, ...name, asked: options }]))[0]!;
  } finally {
    await model.model.dispose();
  }
}

/** A method whose options no model accepts. */
const failing: Pick<ComparisonQuestion, "options"> = {
  options: ({ name: method }) => (method === "random" ? { method, steps: 3 } : { method }),
};
const random = methods.filter((m) => m.name === "random");
const fullgrad = methods.filter((m) => m.name === "fullgrad");

describe("one sample and all methods", () => {
  it("has PyTorch's class and score in its caption", async () => {
    const [compared] = await ask({ labels: { source: "x", names: new Map([[7, "cat"]]) } });
    const { target, output } = golden("tiny-relu");
    expect(compared).toMatchObject({ target: target[0], label: "cat" });
    expect(compared!.score).toBeCloseTo(output[0]!, 5);
    expect(compared!.row.caption[0]).toBe("input.npy [0]");
    expect(compared!.row.caption[1]).toBe("7 cat");
    expect(compared!.row.caption[2]).toMatch(/^score 1\.856 \(\d+\.\d %\)$/);
  });

  it("says a method's failure in its place, and goes on", async () => {
    const [compared] = await ask({ ...failing, methods: [...random, ...fullgrad] });
    expect(compared!.row.maps.map((m) => "problem" in m)).toEqual([true, false]);
    expect(compared!.outcomes[0]!.problem).toMatch(/random/);
    expect(compared!.outcomes[1]!.problem).toBeUndefined();
  });

  it("fails where every method does", async () => {
    await expect(ask({ ...failing, methods: random })).rejects.toThrow(UsageError);
    await expect(ask({ target: 99 })).rejects.toThrow(TargetError);
  });

  it("may be about one class and not another", async () => {
    const [compared] = await ask({ target: 7 }, { versus: 2 });
    const logits = decodeNpy(readFileSync(fixture("networks", "tiny-relu", "logits.npy")));
    const [chosen, other] = [7, 2].map((i) => Number(logits.data[i]));
    expect(compared!.score).toBeCloseTo(chosen! - other!, 5);
    expect(compared!.row.caption[1]).toBe("class 7 versus class 2");
    expect(compared!.probability).toBeUndefined();
  });
});
