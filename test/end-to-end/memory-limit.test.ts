import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bombs } from "../suites/hostile/bombs.js";
import { fixture, fullgrad, root, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";
import { writeModelFile } from "./cli-models.js";

/** Several command lines in one process of their own: what each said, and the peak memory of all. */
const runner = `
const { run } = await import(process.argv[1]);
const said = [];
for (const argv of JSON.parse(process.argv[2])) {
  let stderr = "";
  const code = await run(argv, { stdout() {}, stderr: (text) => (stderr += text), isTTY: false });
  said.push({ code, stderr });
}
console.log(JSON.stringify({ said, megabytes: process.resourceUsage().maxRSS / 1024 }));
`;

interface Measured {
  readonly said: readonly { readonly code: number; readonly stderr: string }[];
  readonly megabytes: number;
}

async function measured(all: readonly (readonly string[])[]): Promise<Measured> {
  const run = join(root, "dist", "src", "cli", "run.js");
  const argv = ["--input-type=module", "-e", runner, run, JSON.stringify(all)];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout) as Measured;
}

test("models that take gigabytes are refused by every command, in little memory", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "out");
  const photo = fixture("images", "chelsea.png");
  const runs = bombs.flatMap(([name, make], i) => {
    const path = writeModelFile(folder, make(), `bomb${i}.onnx`);
    return [
      ["explain", path, photo, "-o", out],
      ["compare", path, photo, "-o", join(out, "page.html"), "--methods", "gradient"],
      ["verify", path, "--samples", "1", "--gradient", "1"],
      ["evaluate", "insertion-deletion", path, photo, "-o", out],
      ["convert", path, "--to", "onnx", "-o", join(out, "out.onnx")],
    ].map((argv) => ({ name: `${argv[0]!} ${name}`, argv: [...argv, "--max-memory", "1GB"] }));
  });
  const { said, megabytes } = await measured(runs.map(({ argv }) => argv));
  for (const [i, { code, stderr }] of said.entries()) {
    expect(stderr, runs[i]!.name).toMatch(
      /take \S+ GB of memory.*, more than the limit of 1.00 GB;/,
    );
    expect(code, runs[i]!.name).toBe(1);
  }
  expect(existsSync(join(out, "out.onnx"))).toBe(false);
  // Node and the engine take 70 MiB; the smallest of the tensors 4.8 GB.
  expect(megabytes).toBeLessThan(400);
});

test("--max-memory is a size, and small models stay below half of the machine", async () => {
  const out = temporaryFolder();
  const argv = ["explain", tinyRelu, tinyInput, "-o", out, "--max-memory"];
  expect((await fullgrad(...argv, "1KB")).code).toBe(2);
  expect((await fullgrad(...argv, "0GB")).code).toBe(2);
  const { code, stderr } = await fullgrad(...argv, "0.001MB");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/more than the limit of 0.00100 MB/)]);
  expect((await fullgrad(...argv, "1.5GiB")).code).toBe(0);
});
