import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.js";
import { attributionMap } from "../../src/methods/core/attribution-map.js";
import { findMethod, methods } from "../../src/methods/all.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { relativeL2 } from "../support/compare.js";
import { expectedOf, methodCases } from "../support/method-cases.js";
import { filesIn, fullgrad, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";

interface Result {
  readonly target: number;
  readonly versus?: number;
  readonly score: number;
  readonly probability?: number;
  readonly skipped?: boolean;
  readonly methods: readonly { readonly method: string; readonly info?: object }[];
}

async function resultsOf(...argv: string[]): Promise<readonly Result[]> {
  // Notes, such as lost relevance, have separate tests.
  const { code, stdout, stderr } = await fullgrad(...argv, "--json");
  const said = stderr.split("\n").filter((line) => !line.startsWith("note: "));
  expect([code, said.join("\n")]).toEqual([0, ""]);
  return (JSON.parse(stdout) as { results: readonly Result[] }).results;
}

const setFlags = (settings: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${String(value)}`]);

describe("settings and contrasts on the command line", () => {
  const cases = methodCases.filter(({ network, settings, asked, regions }) => {
    const isGiven = asked !== undefined || Object.keys(settings).length > 0;
    return network === "tiny-relu" && isGiven && regions === undefined;
  });

  test.each(
    cases.map((c) => [c.method, JSON.stringify({ ...c.settings, ...c.asked }), c] as const),
  )("%s with %s has the map of other implementations", async (name, _, one) => {
    const out = join(temporaryFolder(), "out");
    const { versus, quantity } = one.asked ?? {};
    const [result] = await resultsOf(
      ...["explain", tinyRelu, tinyInput, "-o", out, "--method", name],
      ...["--target", String(one.target), ...setFlags(one.settings)],
      ...(versus === undefined ? [] : ["--versus", String(versus)]),
      ...(quantity === undefined ? [] : ["--quantity", quantity]),
    );
    const expected = expectedOf(one);
    const map = one.what === "map" ? expected : attributionMap(expected, findMethod(name).signed);
    const found = decodeNpy(readFileSync(join(out, "input-0.map.npy")));
    expect(relativeL2(found, map)).toBeLessThan(1e-5);
    if (one.score !== undefined) expect(result!.score).toBeCloseTo(one.score, 5);
    expect(result!.versus).toBe(versus);
  });
});

test("a result is recomputed if a setting changes, but not if a default is given explicitly", async () => {
  const out = join(temporaryFolder(), "out");
  const flags = ["explain", tinyRelu, tinyInput, "-o", out, "--method", "smoothgrad"];
  const skipped = async (...more: string[]): Promise<unknown[]> =>
    (await resultsOf(...flags, ...more)).map((r) => r.skipped);
  expect(await skipped("--set", "samples=3")).toEqual([undefined, undefined]);
  expect(await skipped("--set", "samples=3", "--set", "seed=0")).toEqual([true, true]);
  expect(await skipped("--set", "samples=3", "--set", "seed=1")).toEqual([undefined, undefined]);
});

test("a log-probability is the logarithm of the softmax", async () => {
  const out = join(temporaryFolder(), "out");
  const results = await resultsOf(
    ...["explain", tinyRelu, tinyInput, "-o", out, "--quantity", "log-probability"],
  );
  for (const { score, probability } of results) {
    expect(score).toBeCloseTo(Math.log(probability!), 5);
  }
});

test("a class minus itself is a note if the network chose it, and an error if it was named", async () => {
  const out = join(temporaryFolder(), "out");
  const flags = ["explain", tinyRelu, tinyInput, "-o", out, "--versus", "7"];
  const { code, stderr } = await fullgrad(...flags);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /note: \S+input.npy \[\d\]: the map is 0 everywhere: target and versus are both class 7/,
  );
  expect(await fullgrad(...flags, "--target", "7")).toMatchObject({ code: 2 });
});

describe("compare", () => {
  const few = ["--methods", "grad-cam,layer-cam,occlusion,fullgrad"];

  test("applies a setting to one method, or to all that have it", async () => {
    const { stdout } = await fullgrad("inspect", tinyRelu, "--json");
    const { layers } = JSON.parse(stdout) as { layers: { node: string }[] };
    const first = layers[0]!.node;
    const out = join(temporaryFolder(), "a.png");
    const [result] = await resultsOf(
      ...["compare", tinyRelu, tinyInput, "-o", out, ...few, "--set", `layer=${first}`],
      ...["--set", "occlusion.window=4", "--set", "occlusion.stride=4"],
    );
    const info = Object.fromEntries(result!.methods.map((m) => [m.method, m.info]));
    expect(info["grad-cam"]).toEqual({ layer: first });
    expect(info["layer-cam"]).toEqual({ layer: first });
    // Two windows of 4 along each side of 8.
    expect(info["occlusion"]).toEqual({ passes: 4 });
  });

  test("of two classes explains the difference of their scores", async () => {
    const out = join(temporaryFolder(), "a.png");
    const flags = ["compare", tinyRelu, tinyInput, "-o", out, ...few];
    const [seven] = await resultsOf(...flags, "--target", "7");
    const [two] = await resultsOf(...flags, "--target", "2");
    const [both] = await resultsOf(...flags, "--target", "7", "--versus", "2");
    expect(both).toMatchObject({ target: 7, versus: 2 });
    expect(both!.score).toBeCloseTo(seven!.score - two!.score, 5);
    expect(both!.probability).toBeUndefined();
  });
});

test.each(["score", "log-probability"])(
  "the terms of a contrast of a %s add up",
  async (quantity) => {
    const { code, stdout } = await fullgrad(
      ...["verify", tinyRelu, "--input", tinyInput, "--target", "7", "--versus", "2"],
      ...["--quantity", quantity, "--bisect", "--json"],
    );
    expect(code).toBe(0);
    const { samples } = JSON.parse(stdout) as { samples: { versus: number; complete: boolean }[] };
    expect(samples).toHaveLength(2);
    for (const sample of samples) expect(sample).toMatchObject({ versus: 2, complete: true });
  },
);

describe("wrong usage", () => {
  test.each<[flags: string[], message: RegExp]>([
    [["--set", "steps"], /--set steps: write NAME=VALUE, or METHOD\.NAME=VALUE/],
    [["--set", "steps=5"], /no setting "steps"; smoothgrad has samples, noise, seed/],
    [
      ["--set", "samples=none"],
      /samples none of method "smoothgrad": it takes a whole number from 1/,
    ],
    [["--set", "rise.masks=5"], /"rise" is not among the methods here, smoothgrad/],
    [["--set", "smoothgrad.steps=5"], /"smoothgrad" has no setting "steps"; it has samples, noise/],
    [["--set", "seed=1", "--set", "seed=2"], /--set seed=2: seed is set twice/],
    [["--versus", "top"], /--versus top: name the class that is subtracted/],
    [["--versus", "10"], /--versus 10: there is no such class; the model has classes 0 to 9/],
    [["--versus", "1", "--target", "top5"], /--versus compares one class with another/],
    [["--quantity", "logit"], /--quantity.*score, log-probability/],
  ])("%j is told what there is", async (flags, message) => {
    const out = join(temporaryFolder(), "out");
    const { code, stderr } = await fullgrad(
      ...["explain", tinyRelu, tinyInput, "-o", out, "--method", "smoothgrad", ...flags],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(filesIn(out)).toEqual([]);
  });
});

test.each([
  ["explain", ["--method", "rise", "--set", "masks=100000000"]],
  ["compare", ["--methods", "rise", "--set", "masks=100000000"]],
])("%s says how far a method is and stops when told to", async (command, flags) => {
  const out = join(temporaryFolder(), "out", "maps.png");
  let stop: (() => void) | undefined;
  let stderr = "";
  const code = await run([command, tinyRelu, tinyInput, "-o", out, ...flags], {
    stdout: () => undefined,
    stderr: (text) => {
      stderr += text;
      if (/[1-9]\d*\/100000000/.test(text)) stop?.();
    },
    isTTY: true,
    onInterrupt: (callback) => (stop = callback),
  });
  expect(code).toBe(130);
  expect(stderr).toMatch(/fullgrad: stopped; all written files are complete/);
  expect(filesIn(out)).toEqual([]);
});

describe("fullgrad methods", () => {
  test("lists every method with its paper and its settings", async () => {
    const { code, stdout } = await fullgrad("methods", "--json");
    expect(code).toBe(0);
    const listed = (JSON.parse(stdout) as { methods: { name: string; settings: object[] }[] })
      .methods;
    expect(listed.map((m) => m.name)).toEqual(methods.map((m) => m.name));
    expect(listed.find((m) => m.name === "integrated-gradients")!.settings[0]).toMatchObject({
      ...{ name: "steps", default: 50, takes: "a whole number from 1" },
    });
  });

  test("prints the named methods, and lists all in the error for an unknown one", async () => {
    const { stdout } = await fullgrad("methods", "grad-cam", "rise");
    expect(stdout).toMatch(/^grad-cam {2}Grad-CAM\n {4}Selvaraju/);
    expect(stdout).toMatch(/--set masks=… {2}a whole number from 1 \(default 1000\)/);
    expect(await fullgrad("methods", "magic")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no method "magic"; there are fullgrad,') as string,
    });
  });
});
