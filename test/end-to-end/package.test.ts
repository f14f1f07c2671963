import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, createLogger, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importsOf } from "../support/imports.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const model = join(root, "fixtures/efficientnet-lite0/efficientnet-lite0.onnx");
const image = join(root, "fixtures/images/chelsea.png");

interface Printed {
  readonly dims: readonly number[];
  readonly score: number;
  readonly conditioned: number;
  readonly terms: number;
  readonly parts: number;
  readonly output: number;
  readonly printed: boolean;
}

/** A user's project, in which the built package is installed. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "fullgrad-user-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules/fullgrad"), "dir");
  mkdirSync(join(project, "node_modules/@types"));
  symlinkSync(
    join(root, "node_modules/@types/node"),
    join(project, "node_modules/@types/node"),
    "dir",
  );
  cpSync(join(here, "library"), project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
});

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });
}

test("the library example compiles with types and runs from the built package", () => {
  const options = {
    compilerOptions: {
      module: "nodenext",
      target: "es2023",
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      types: ["node"],
      outDir: "out",
    },
    files: ["example.ts"],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(options));
  node(join(root, "node_modules/typescript/bin/tsc"), "-p", project);

  const result = JSON.parse(node("out/example.js", model, image)) as Printed;
  expect(result.dims).toEqual([1, 1, 224, 224]);
  expect(result.conditioned).toBeLessThanOrEqual(1e-5);
  expect(result.terms).toBeGreaterThan(50);
  expect(Math.abs(result.parts - result.output)).toBeLessThan(1e-3);
});

test("plain JavaScript needs no types", () => {
  const result = JSON.parse(node("example.mjs", model, image)) as Printed;
  expect(result.dims).toEqual([1, 1, 224, 224]);
  expect(result.conditioned).toBeLessThanOrEqual(1e-5);
  expect(result.printed).toBe(true);
});

test("a bundler that builds for browsers finds nothing of Node's in the package", async () => {
  const warnings: string[] = [];
  const logger = createLogger("silent");
  logger.warn = logger.warnOnce = (message) => warnings.push(message);
  writeFileSync(
    join(project, "page.js"),
    'import { load } from "fullgrad"; globalThis.load = load;',
  );
  const { output } = (await build({
    configFile: false,
    root: project,
    customLogger: logger,
    build: { write: false, rolldownOptions: { input: join(project, "page.js") } },
  })) as Rolldown.RolldownOutput;
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  expect(modules.filter((id) => /onnxruntime-node|\/@jimp\//.test(id))).toEqual([]);
  expect(modules.filter((id) => id.includes("/onnxruntime-web/"))).toHaveLength(2);
  expect(warnings).toEqual([]);
});

/** Packages that a built file imports, itself or through others. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const found = new Set<string>();
  for (const specifier of importsOf(file)) {
    if (!specifier.startsWith(".")) found.add(specifier);
    else for (const name of packagesOf(join(dirname(file), specifier), seen)) found.add(name);
  }
  return found;
}

test("the entry fullgrad/onnx loads no engine", () => {
  const packages = packagesOf(join(root, "dist/src/onnx.js"));
  expect([...packages]).toEqual(["protobufjs/minimal.js"]);
});
