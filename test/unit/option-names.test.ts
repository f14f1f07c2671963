import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { withFlags } from "../../src/cli/flags/flag-names.js";
import { optionNames } from "../../src/files/option-names.js";
import { root, sources } from "../support/rooms.js";

/** CSS, whose variables begin with two dashes. */
const style = "src/compare/compare-style.ts";

/** The texts in a source: strings and the parts of templates, without comments. */
function textsIn(file: string): string[] {
  const code = readFileSync(join(root, file), "utf8");
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true));
  return found;
}

const texts = ["src", "converters"]
  .flatMap(sources)
  .filter((file) => !file.startsWith("src/cli/") && file !== style)
  .flatMap((file) => textsIn(file).map((text) => ({ file, text })));

test("no message of the library names a flag of the command line", () => {
  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter(({ text }) => /--[a-z]/.test(text))).toEqual([]);
});

test("every option that a message of the library names has a flag, and every flag is named", () => {
  const named = texts.flatMap(({ text }) =>
    [...text.matchAll(/\boption (?!value=)([a-z]\w*)/g)].map((match) => match[1]!),
  );
  expect([...new Set(named)].sort()).toEqual([...optionNames].sort());
});

test.each([
  ["name its axes (option layout; one without N)", "name its axes (--layout; one without N)"],
  ["use option output: /fc/Gemm:0", "use --output /fc/Gemm:0"],
  ["name one as the output (option output):", "name one as the output (--output):"],
  ["give a value (option feeds: sr)", "give a value (--feed sr=FILE.npy)"],
  ["its size must be fixed (option size)", "its size must be fixed (--size HxW)"],
  ["the options of the model", "the options of the model"],
])("%s, on the command line: %s", (message, said) => {
  expect(withFlags(message)).toBe(said);
});
