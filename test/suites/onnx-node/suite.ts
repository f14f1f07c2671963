import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { registry } from "../../../src/ops/all.js";
import { allowList, notListed } from "./allow-list.js";
import { nodeTests, type NodeTest } from "./bundle.js";
import { problemsOf } from "./check.js";

/**
 * ONNX's own backend node tests, those that fixtures/onnx-node/allow-list.txt names: what inference knows of the
 * outputs, what the engine computes from the prepared graph, and our gradient and biases of it. The rest is counted.
 */
export function onnxNodeTests(backend: Backend): void {
  const lines = allowList();
  const lineOf = (test: NodeTest) => lines.findLast((line) => line.matches.test(test.name));
  const tests = nodeTests().map((test) => ({ test, line: lineOf(test) }));
  const listed = tests.filter(({ line }) => line !== undefined);
  const rest = tests.filter(({ line }) => line === undefined).map(({ test }) => test);

  describe(`ONNX's node tests on ${backend.name}`, () => {
    const operators = [...new Set(listed.map(({ test }) => test.operator))].sort();
    it.each(operators)("%s", async (operator) => {
      const problems: string[] = [];
      for (const { test, line } of listed) {
        if (test.operator !== operator) continue;
        for (const problem of await problemsOf(backend, test, line!.tags)) {
          problems.push(`${test.name}: ${problem}`);
        }
      }
      expect(problems).toEqual([]);
    });

    it("every line of the list has a test", () => {
      const used = new Set(listed.map(({ line }) => line));
      expect(lines.filter((line) => !used.has(line)).map((line) => line.pattern)).toEqual([]);
    });

    it("as many tests are not listed as not-listed.txt says", () => {
      process.stdout.write(`${summary(listed.length, rest)}\n`);
      expect(countByOperator(rest)).toEqual(notListed());
    });
  });
}

function countByOperator(tests: readonly NodeTest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operator } of tests) counts[operator] = (counts[operator] ?? 0) + 1;
  return counts;
}

function summary(listed: number, rest: readonly NodeTest[]): string {
  const known = (test: NodeTest): boolean => registry.get(test.operator) !== undefined;
  const words = (tests: readonly NodeTest[]): string =>
    Object.entries(countByOperator(tests))
      .map(([operator, count]) => `${operator} ${count}`)
      .join(", ");
  const [ours, others] = [rest.filter(known), rest.filter((test) => !known(test))];
  return (
    `ONNX's node tests: ${listed} listed, ${rest.length} not. ` +
    `${ours.length} of operators we know: ${words(ours)}. ${others.length} of others: ${words(others)}`
  );
}
