import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Model } from "../../src/model/model.js";
import { fullgrad, readJson, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";

const quiet = ["--quiet", "--json"];

async function explained(...flags: string[]) {
  const out = join(temporaryFolder(), "out");
  const { code, stderr } = await fullgrad("explain", tinyRelu, tinyInput, "-o", out, ...flags);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { settings } = readJson(join(out, "input-0.json")) as { settings: object };
  return { settings, map: readFileSync(join(out, "input-0.map.npy")) };
}

describe("--method NAME:setting=value", () => {
  test("explain: one grammar, and --set is the older spelling", async () => {
    const target = ["--target", "3", "--quiet"];
    const now = await explained("--method", "rise:masks=40,grid=2", ...target);
    const before = ["--method", "rise", "--set", "masks=40", "--set", "rise.grid=2", ...target];
    expect(now).toEqual(await explained(...before));
    expect(now.settings).toMatchObject({ method: "rise", methodSettings: { masks: 40, grid: 2 } });
    // What is said for the method goes before what is said for every method.
    const both = await explained("--method", "rise:masks=40,grid=2", "--set", "grid=3", ...target);
    expect(both).toEqual(now);
  });

  test("compare: a list, or the flag repeated; --methods is the older spelling", async () => {
    const folder = temporaryFolder();
    const maps = async (name: string, ...flags: string[]) => {
      const out = join(folder, `${name}.html`);
      const argv = ["compare", tinyRelu, tinyInput, "-o", out, ...flags, ...quiet];
      const { code, stdout } = await fullgrad(...argv);
      expect(code).toBe(0);
      const { results } = JSON.parse(stdout) as { results: { methods: { method: string }[] }[] };
      const page = readFileSync(out, "utf8");
      const [, data] = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(page) ?? [];
      return { names: results[0]!.methods.map(({ method }) => method), data };
    };
    const repeated = ["--method", "rise:masks=40,grid=2", "--method", "gradient,fullgrad"];
    const one = await maps("a", ...repeated);
    expect(one.names).toEqual(["rise", "gradient", "fullgrad"]);
    const older = ["--methods", "rise,gradient,fullgrad", "--set", "rise.masks=40"];
    expect(await maps("b", ...older, "--set", "grid=2")).toEqual(one);
    expect(await maps("c", "--methods", "rise:grid=2,masks=40,gradient,fullgrad")).toEqual(one);
  });

  test("evaluate: the flag repeated is the list", async () => {
    const summary = async (...flags: string[]): Promise<unknown> => {
      const out = join(temporaryFolder(), "out");
      const argv = ["evaluate", "sparseness", tinyRelu, tinyInput, "-o", out, ...flags, ...quiet];
      const { code, stdout } = await fullgrad(...argv);
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { summary: unknown }).summary;
    };
    expect(
      await summary("--method", "gradient", "--method", "smoothgrad:samples=3,seed=1"),
    ).toEqual(await summary("--method", "gradient,smoothgrad:samples=3,seed=1"));
  });

  test("convert: the settings of the map in the file", async () => {
    const out = join(temporaryFolder(), "model.onnx");
    const argv = ["convert", tinyRelu, "--to", "onnx", "-o", out, "--quiet"];
    const { code } = await fullgrad(...argv, "--method", "fullgrad:convention=paper2019");
    expect(code).toBe(0);
    const older = join(temporaryFolder(), "model.onnx");
    const flags = ["--to", "onnx", "-o", older, "--convention", "paper2019", "--quiet"];
    await fullgrad("convert", tinyRelu, ...flags);
    expect(readFileSync(out).equals(readFileSync(older))).toBe(true);
  });

  test.each([
    ["explain", ["rise:masks=0"], /masks/],
    ["explain", ["rise:mask=4"], /mask/],
    ["explain", ["rise:masks"], /NAME:key=value/],
    ["explain", ["rise:masks=1,masks=2"], /masks is set twice/],
    ["explain", ["rise", "--method", "gradient"], /One method at a time/],
    ["explain", ["rise,gradient"], /One method at a time/],
    ["explain", ["raise"], /Allowed choices are fullgrad/],
    ["explain", ["rise:masks=4", "--set", "rise.masks=5"], /masks is set twice/],
    ["compare", ["rise:masks=4,rise:masks=5"], /one column for rise/],
    ["convert", ["gradient,fullgrad"], /One method at a time/],
  ] as const)("%s --method %j is refused", async (command, method, message) => {
    const out = join(temporaryFolder(), "out.png");
    const form = command === "convert" ? ["--to", "onnx"] : [tinyInput];
    const argv = [command, tinyRelu, ...form, "-o", out, "--method", ...method];
    const { code, stderr } = await fullgrad(...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("a model that was opened is closed", () => {
  test.each([
    ["explain", ["--labels", "none.txt"]],
    ["explain", ["--target", "no such class"]],
    ["compare", ["--versus", "999"]],
    ["verify", ["--feed", "nothing=none.npy"]],
    ["evaluate", ["--target", "999"]],
  ])("%s %j", async (command, flags) => {
    const dispose = vi.spyOn(Model.prototype, "dispose");
    try {
      const out = ["-o", join(temporaryFolder(), "out.png")];
      const evaluation = command === "evaluate" ? ["sparseness"] : [];
      const rest = command === "verify" ? [] : [tinyInput, ...out];
      const { code } = await fullgrad(command, ...evaluation, tinyRelu, ...rest, ...flags);
      expect(code).toBe(2);
      expect(dispose).toHaveBeenCalledTimes(1);
    } finally {
      dispose.mockRestore();
    }
  });
});
