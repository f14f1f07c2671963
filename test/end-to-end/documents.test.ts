// The code of the documents, with types, against the built package; and their links.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, brokenLinks, documents } from "../support/documents.js";
import { fixture, root } from "./cli-harness.js";

/** The documents with a program. Those for contributors show parts of sources. */
const programs = documents(root)
  .filter((document) => document !== "CONTRIBUTING.md")
  .map((document) => ({
    name: basename(document, ".md"),
    code: blocksOf(readFileSync(join(root, document), "utf8"), "ts").join("\n"),
  }))
  .filter(({ code }) => code !== "");

/** A user's project, in which the built package is installed. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "fullgrad-documents-"));
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(project, "node_modules/fullgrad"), "dir");
  const nodeTypes = "node_modules/@types/node";
  symlinkSync(join(root, nodeTypes), join(project, nodeTypes), "dir");
  copyFileSync(
    fixture("efficientnet-lite0", "efficientnet-lite0.onnx"),
    join(project, "model.onnx"),
  );
  copyFileSync(fixture("images", "chelsea.png"), join(project, "cat.png"));
  copyFileSync(fixture("detectors", "best.onnx"), join(project, "detector.onnx"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  for (const { name, code } of programs) {
    writeFileSync(join(project, `${name}.ts`), `${code}\nexport {};\n`);
  }
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2023", lib: ["es2023", "esnext.disposable", "dom"] },
    ...{
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      types: ["node"],
      outDir: "out",
    },
  };
  const files = programs.map(({ name }) => `${name}.ts`);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  node(join(root, "node_modules/typescript/bin/tsc"), "-p", project);
}, 300_000);

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });
}

test.each(programs)("the program of $name runs", ({ name }) => {
  expect(node(`out/${name}.js`)).toMatch(/\d/);
});

test("the method and the operator of extending.md give the numbers that it names", () => {
  const lines = node("out/extending.js").split("\n");
  const [one, two] = lines[0]!.split(" ").map(Number);
  expect(two! / one!).toBeCloseTo(2, 5);
  const gradient = lines
    .slice(1, -2)
    .join("")
    .match(/-?\d+\.\d+/g)!
    .map(Number);
  const x = [-2, -1, -0.3, 0.2, 0.9, 1.7];
  const expected = x.map((v) => Math.tanh(v) + v * (1 - Math.tanh(v) ** 2));
  expect(gradient).toHaveLength(6);
  gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
  expect(Number(lines.at(-2))).toBeLessThan(1e-6);
});

test("links between documents lead somewhere", () => {
  const broken = documents(root).flatMap((document) =>
    brokenLinks(root, document).map((link) => `${document}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("the README has at most 150 lines", () => {
  expect(readFileSync(join(root, "README.md"), "utf8").split("\n").length).toBeLessThan(152);
});
