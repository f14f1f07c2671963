import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { registry } from "../../src/ops/all.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

const names = new Set(registry.all().map((spec) => spec.type));

/** Where operators may be told apart by name: their records, the rewriting of graphs, and what engines have of them. */
const homes = ["src/ops/", "src/passes/", "src/backends/"];

/** Names that are not ONNX's there, or say what a file holds and not what an operator does. */
const exceptions: Readonly<Record<string, string>> = {
  "converters/tfjs-graph/": "names of tfjs's operators",
  "src/onnx/import/import.ts": "a Constant node is how a file writes a constant",
};

const asking = new Set(["has", "includes", "startsWith", "endsWith", "get", "indexOf"]);

/** Whether a name stands where operators are told apart: in a list, a comparison, a case, a look-up or a table. */
function classifies(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isArrayLiteralExpression(parent) || ts.isCaseClause(parent)) return true;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return (
      kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
      kind === ts.SyntaxKind.ExclamationEqualsEqualsToken
    );
  }
  if (ts.isCallExpression(parent) && ts.isPropertyAccessExpression(parent.expression)) {
    return asking.has(parent.expression.name.text);
  }
  if (ts.isPropertyAssignment(parent) && parent.name === node) {
    // registry.with({ Relu: guided }) makes a rule of its own for one operator.
    const call = parent.parent.parent;
    const isRule =
      ts.isCallExpression(call) &&
      ts.isPropertyAccessExpression(call.expression) &&
      call.expression.name.text === "with";
    return !isRule;
  }
  return false;
}

/** The positions of a source at which operators are told apart by name. */
function classifications(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isName = (ts.isStringLiteral(node) || ts.isIdentifier(node)) && names.has(node.text);
    if (isName && classifies(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1} ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

test("no list, comparison or switch outside of the records tells operators apart by name", () => {
  const allowed = [...homes, ...Object.keys(exceptions)];
  const files = ["src", "converters"]
    .flatMap(sources)
    .filter((file) => !allowed.some((place) => file.startsWith(place)));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    classifications(file, readFileSync(join(root, file), "utf8")),
  );
  expect(found).toEqual([]);
});

test.each([
  ['new Set(["Conv", "Gemm"])', true],
  ['node.op === "Softmax"', true],
  ['switch (op) { case "MatMul": }', true],
  ["const rules = { Transpose: turn };", true],
  ['ops.includes("Relu")', true],
  ['b.op("Relu", [x], {}, "relu")', false],
  ['const node = { op: "Cast", inputs: [] };', false],
  ["registry.with({ Relu: guided })", false],
])("%s: %s", (text, isOne) => {
  expect(classifications("example.ts", text).length > 0).toBe(isOne);
});
