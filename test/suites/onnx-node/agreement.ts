import { describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { FullgradError } from "../../../src/errors.js";
import type { Graph } from "../../../src/onnx/ir.js";
import { toNumbers, type Tensors } from "../../../src/tensor/tensor.js";
import { expectSame } from "../../support/compare.js";
import { allowList, type Tags } from "./allow-list.js";
import { nodeTests, type NodeTest } from "./bundle.js";
import { prepareTest, runProblems, type Prepared } from "./forward.js";
import { backward, differentiableOutputs, feedsOf } from "./gradient.js";

/** Tests that an engine cannot pass, by name or pattern with *, and why. One that it passes fails. */
export type Exceptions = Readonly<Record<string, string>>;

/**
 * ONNX's node tests on an engine other than the reference: outputs equal ONNX's, gradients and bias terms equal the
 * reference engine's.
 */
export function onnxNodeTestsAgree(
  backend: Backend,
  reference: Backend,
  exceptions: Exceptions,
): void {
  const lines = allowList();
  const tests = nodeTests().flatMap((test) => {
    const line = lines.findLast((l) => l.matches.test(test.name));
    return line && test.unfit === undefined ? [{ test, tags: line.tags }] : [];
  });
  const excuses = Object.keys(exceptions).map((pattern) => ({
    pattern,
    matches: new RegExp(`^${pattern.replaceAll("*", ".*")}$`),
  }));

  describe(`ONNX's node tests on ${backend.name} and ${reference.name}`, () => {
    const operators = [...new Set(tests.map(({ test }) => test.operator))].sort();
    it.each(operators)("%s", { timeout: 60_000 }, async (operator) => {
      const found: string[] = [];
      for (const { test, tags } of tests.filter((t) => t.test.operator === operator)) {
        const excused = excuses.some((e) => e.matches.test(test.name));
        const problems = await problemsOf(backend, reference, test, tags);
        if (excused && problems.length === 0) found.push(`${test.name}: its exception is stale`);
        if (!excused) found.push(...problems.map((p) => `${test.name}: ${p}`));
      }
      expect(found).toEqual([]);
    });

    it("every exception has a test", () => {
      const names = tests.map(({ test }) => test.name);
      const unused = excuses.filter((e) => !names.some((name) => e.matches.test(name)));
      expect(unused.map((e) => e.pattern)).toEqual([]);
    });
  });
}

async function problemsOf(
  backend: Backend,
  reference: Backend,
  test: NodeTest,
  tags: Tags,
): Promise<readonly string[]> {
  try {
    const prepared = await prepareTest(test, tags.constant);
    const problems = await runProblems(backend, prepared, tags.rounded ? 2e-3 : 1e-4);
    if (problems.length > 0 || tags.excused.has("no-vjp") || tags.excused.has("not-ort")) {
      return problems;
    }
    const outputs = differentiableOutputs(prepared).filter((o) => tags.of?.includes(o) ?? true);
    if (outputs.length === 0) return [];
    return await gradientProblems(backend, reference, prepared, outputs);
  } catch (error) {
    if (error instanceof FullgradError) return [`${error.name}: ${error.message}`];
    throw error;
  }
}

async function gradientProblems(
  backend: Backend,
  reference: Backend,
  test: Prepared,
  outputs: readonly string[],
): Promise<readonly string[]> {
  const emitted = backward(test, outputs);
  const feeds = feedsOf(test, emitted);
  const [actual, expected] = [
    await run(backend, emitted.graph, feeds),
    await run(reference, emitted.graph, feeds),
  ];
  // A bias is the difference y − J·x, so it inherits their rounding.
  const inputs = [...feeds.values()].flatMap((t) => Array.from(toNumbers(t), Math.abs));
  const largest = inputs.reduce((p, q) => Math.max(p, q), 1);
  return [...emitted.gradients.values(), ...emitted.biasTerms].flatMap((name) => {
    const least = emitted.biasTerms.includes(name) ? largest : 1;
    try {
      expectSame(name, actual.get(name)!, expected.get(name)!, 2e-5, least);
      return [];
    } catch (error) {
      return [String(error)];
    }
  });
}

async function run(backend: Backend, graph: Graph, feeds: Tensors): Promise<Tensors> {
  const executable = await backend.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}
