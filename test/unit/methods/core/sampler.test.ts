import { explain } from "../../../../src/methods/core/explain.js";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/backends/backend.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { sliceBatch } from "../../../../src/tensor/batches.js";
import { samplingMethod } from "../../../../src/methods/core/method.js";
import type { ModelProbe, Progress } from "../../../../src/methods/core/sampler.js";
import { Session } from "../../../../src/runtime/session.js";
import { findMethod, methods } from "../../../../src/methods/all.js";
import { registry } from "../../../../src/ops/all.js";
import { float32, fromNumbers, toNumbers, type Tensors } from "../../../../src/tensor/tensor.js";
import { relativeL2 } from "../../../support/compare.js";
import { goldenTensor, network } from "../../../support/networks.js";

const x = goldenTensor("tiny-relu", "input.npy");
const smoothgrad = findMethod("smoothgrad");
const sampling = methods.filter((m) => m.kind === "sampling").map((m) => m.name);

/** An engine that counts what it compiles, and knows the largest batch that it ran. */
function counting(): Backend & { compiled: number; largest: number } {
  const engine = ortBackend({ threads: 1 });
  const counter = {
    name: engine.name,
    compiled: 0,
    largest: 0,
    compile: async (graph: Parameters<Backend["compile"]>[0]) => {
      counter.compiled++;
      const executable = await engine.compile(graph);
      return {
        dispose: () => executable.dispose(),
        run: (feeds: Tensors) => {
          counter.largest = Math.max(counter.largest, feeds.get("input")!.dims[0]!);
          return executable.run(feeds);
        },
      };
    },
  };
  return counter;
}

const open = async (backend: Backend = ortBackend({ threads: 1 })): Promise<Session> =>
  new Session(await network("tiny-relu", "legacy"), registry, backend);

describe("a sampling method", () => {
  it.each(sampling)("%s finds the same whatever is run at once", async (name) => {
    const session = await open();
    const one = await explain(session, x, findMethod(name), "top", { batch: 1 });
    const many = await explain(session, x, findMethod(name), "top", { batch: 7 });
    await session.dispose();
    expect(relativeL2(many.map, one.map)).toBeLessThan(1e-5);
  });

  it.each(sampling)("%s says the same of an image alone and in a batch", async (name) => {
    const session = await open();
    const both = await explain(session, x, findMethod(name), "top");
    const second = await explain(session, sliceBatch(x, [1]), findMethod(name), "top");
    await session.dispose();
    expect(relativeL2(second.map, sliceBatch(both.map, [1]))).toBeLessThan(1e-6);
    expect(second.samples[0]!.target).toBe(both.samples[1]!.target);
  });

  it("compiles nothing for a second image, and runs no more at once than it may", async () => {
    const backend = counting();
    const session = await open(backend);
    await explain(session, sliceBatch(x, [0]), smoothgrad, "top", { batch: 3 });
    const before = backend.compiled;
    await explain(session, sliceBatch(x, [1]), smoothgrad, "top", { batch: 3 });
    await explain(session, sliceBatch(x, [1]), smoothgrad, 4, { batch: 2 });
    await session.dispose();
    expect([before, backend.compiled, backend.largest]).toEqual([2, 2, 3]);
  });

  it("keeps the class that the image itself has, whatever the noise makes of it", async () => {
    const session = await open();
    const request = { settings: { noise: 3, samples: 20 } };
    const top = await explain(session, x, smoothgrad, "top", request);
    const classes = top.samples.map((s) => Number(s.target));
    const given = await explain(session, x, smoothgrad, classes, request);
    await session.dispose();
    expect(top.map).toEqual(given.map);
  });

  it("depends on its seed", async () => {
    const session = await open();
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map((seed) => explain(session, x, smoothgrad, "top", { settings: { seed } })),
    );
    await session.dispose();
    expect(b!.map).toEqual(a!.map);
    expect(relativeL2(c!.map, a!.map)).toBeGreaterThan(1e-3);
  });

  it("tells how far it is", async () => {
    const session = await open();
    const seen: Progress[] = [];
    await explain(session, x, smoothgrad, "top", {
      ...{ batch: 4, settings: { samples: 10 }, onProgress: (p) => seen.push(p) },
    });
    await session.dispose();
    expect(seen.map(({ sample, done }) => [sample, done])).toEqual(
      [0, 1].flatMap((sample) => [0, 4, 8, 10].map((done) => [sample, done])),
    );
    expect(seen.every(({ samples, total }) => samples === 2 && total === 10)).toBe(true);
  });

  it("stops when it is told to", async () => {
    const session = await open();
    const stop = new AbortController();
    let passes = 0;
    const run = explain(session, x, smoothgrad, "top", {
      signal: stop.signal,
      batch: 1,
      onProgress: ({ done }) => {
        passes = done;
        if (done === 3) stop.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toThrow("enough");
    await session.dispose();
    expect(passes).toBe(3);
  });
});

describe("a value inside the model", () => {
  const layer = "/1/Relu_output_0";
  const activation: ModelProbe = {
    key: "test/activation",
    forward: ({ b }) => ({ outputs: { activation: b.value(layer) } }),
  };
  const rest: ModelProbe = { key: "test/rest", replaced: layer, forward: () => ({ outputs: {} }) };
  const halves = samplingMethod({
    ...{ name: "halves", title: "", paper: "", signed: true, attributes: "map", settings: {} },
    async sample(sampler) {
      const { results } = await sampler.once(activation);
      const value = results.get("activation")!;
      const numbers = Array.from(toNumbers(value));
      const found: number[] = [];
      const variants = [1, 0].map((factor) =>
        fromNumbers(
          "float32",
          value.dims,
          numbers.map((v) => v * factor),
        ),
      );
      for await (const { score } of sampler.each(rest, 2, (i) => ({
        roles: { replaced: variants[i]! },
      }))) {
        found.push(score);
      }
      return { map: float32([1, 1, 1, 1], [0]), info: { own: found[0]!, without: found[1]! } };
    },
  });

  it("can be read and replaced: by itself, and by nothing", async () => {
    const session = await open();
    const { samples } = await explain(session, x, halves, 2);
    await session.dispose();
    for (const { score, info } of samples) expect(info!["own"]).toBeCloseTo(score, 5);
    // Without any activation nothing of the image is left.
    expect(samples[0]!.info!["without"]).toBe(samples[1]!.info!["without"]);
    expect(samples[0]!.info!["without"]).not.toBeCloseTo(samples[0]!.score, 2);
  });
});
