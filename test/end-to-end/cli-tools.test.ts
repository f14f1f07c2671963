import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { filesIn, fixture, fullgrad, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";
import { twoClasses, writeModelFile } from "./cli-models.js";

test("doctor names versions, optional packages and the machine, and checks the engine", async () => {
  const { code, stdout } = await fullgrad("doctor", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    versions: { fullgrad: "0.1.0", node: process.versions.node },
    machine: { threads: expect.any(Number) as number },
    packages: expect.arrayContaining([
      { name: "vega", version: expect.stringMatching(/^5/) as string },
    ]) as unknown,
    selfCheck: { ok: true },
  });
  const { stdout: text } = await fullgrad("doctor");
  expect(text).toMatch(/^self-check +passed +a convolutional network adds up/m);
});

test.skipIf(!existsSync("/bin/bash"))(
  "the bash completion knows commands, flags and choices",
  async () => {
    const { stdout: script } = await fullgrad("completion", "bash");
    const completed = (...words: string[]): string[] => {
      const ask = `${script}
COMP_WORDS=(fullgrad ${words.map((word) => `"${word}"`).join(" ")})
COMP_CWORD=${words.length}
_fullgrad
printf "%s\\n" "\${COMPREPLY[@]}"`;
      return execFileSync("/bin/bash", ["-c", ask], { encoding: "utf8", cwd: temporaryFolder() })
        .trim()
        .split("\n");
    };
    expect(completed("exp")).toEqual(["explain"]);
    expect(completed("explain", "m.onnx", "--picture-s")).toEqual(["--picture-size"]);
    expect(completed("explain", "--colormap", "v")).toEqual(["viridis"]);
    expect(completed("evaluate", "pointing")).toEqual(["pointing-game"]);
  },
);

test("completions of zsh and fish are made of the same tables", async () => {
  expect((await fullgrad("completion", "zsh")).stdout).toContain("bashcompinit");
  const fish = (await fullgrad("completion", "fish")).stdout;
  expect(fish).toMatch(
    /-n '__fish_seen_subcommand_from explain' -l colormap -x -a 'inferno viridis/,
  );
  const { code, stderr } = await fullgrad("completion", "bsh");
  expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "bash"')]);
});

async function withConfig(config: unknown, ...argv: string[]) {
  const configFile = join(temporaryFolder(), "fullgrad.config.json");
  writeFileSync(configFile, typeof config === "string" ? config : JSON.stringify(config));
  let [stdout, stderr] = ["", ""];
  const code = await run(argv, {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    isTTY: false,
    configFile,
  });
  return { code, stdout, stderr };
}

test("the config file has values of flags, for all commands or for one; the command line goes before it", async () => {
  const out = join(temporaryFolder(), "out");
  const explain = ["explain", tinyRelu, tinyInput, "-o", out, "--json"];
  const config = { target: 3, explain: { method: "gradient" } };
  const { code, stdout, stderr } = await withConfig(config, ...explain);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^fullgrad.config.json: .*--method/)]);
  const [first] = (JSON.parse(stdout) as { results: readonly object[] }).results;
  expect(first).toMatchObject({ method: "gradient", target: 3 });
  const other = await withConfig(config, ...explain, "--method", "grad-cam", "--target", "4");
  const [second] = (JSON.parse(other.stdout) as { results: readonly object[] }).results;
  expect(second).toMatchObject({ method: "grad-cam", target: 4 });
});

test.each<[config: unknown, message: RegExp]>([
  [{ explain: { methd: "lrp" } }, /"methd" is not a flag of explain \(did you mean "method"\?\)/],
  [{ explian: {} }, /"explian" is not a flag of fullgrad \(did you mean "explain"\?\)/],
  [{ explain: { threads: 0 } }, /"threads" cannot be "0". It must be a whole number/],
  [{ explain: { caption: "yes" } }, /"caption" must be true or false/],
  ["{", /fullgrad.config.json: /],
])("config %j is refused", async (config, message) => {
  const out = join(temporaryFolder(), "out");
  const { code, stderr } = await withConfig(config, "explain", tinyRelu, tinyInput, "-o", out);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test("explain without -o writes beside its input and says where; --show draws in the terminal", async () => {
  const folder = temporaryFolder();
  const model = writeModelFile(folder, twoClasses({ size: [16, 16] }));
  mkdirSync(join(folder, "photos"));
  const picture = join(folder, "photos", "rgb.png");
  copyFileSync(fixture("images", "rgb.png"), picture);
  vi.stubEnv("COLORTERM", "truecolor");
  vi.stubEnv("NO_COLOR", "");
  const { code, stdout, stderr } = await fullgrad("explain", model, picture, "--show");
  vi.unstubAllEnvs();
  const out = join(folder, "photos", "fullgrad");
  expect([code, stderr]).toEqual([0, expect.stringContaining(`results: ${out}`)]);
  expect(filesIn(out)).toEqual(["rgb.heatmap.png", "rgb.json", "rgb.map.npy", "rgb.overlay.png"]);
  expect(stdout).toContain("\u2580");
  // A second run does not take its own pictures for inputs.
  const again = await fullgrad("explain", model, join(folder, "photos"));
  expect(again.stdout.match(/done before/g)).toHaveLength(1);
});

test("a converted file is recognised", async () => {
  const file = join(temporaryFolder(), "cat.fullgrad.onnx");
  await fullgrad("convert", tinyRelu, "--to", "onnx", "-o", file);
  const { code, stderr } = await fullgrad(
    "explain",
    file,
    tinyInput,
    "-o",
    join(temporaryFolder(), "out"),
  );
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(
      /is a file that fullgrad convert made of tiny-relu\.legacy\.onnx \(fullgrad, target top\)/,
    ),
  ]);
});
