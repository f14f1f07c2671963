import type { Backend } from "../../../src/backends/backend.js";
import { FullgradError } from "../../../src/errors.js";
import type { Tags } from "./allow-list.js";
import type { NodeTest } from "./bundle.js";
import { factProblems, prepareTest, runProblems, type Prepared } from "./forward.js";
import { differentiableOutputs, gradientProblems } from "./gradient.js";

/** All failures of a test; a tag that excuses a passing check is a failure too. */
export async function problemsOf(
  backend: Backend,
  test: NodeTest,
  tags: Tags,
): Promise<readonly string[]> {
  if (test.unfit !== undefined) return [`its tensors are not in the bundle: ${test.unfit}`];
  try {
    const prepared = await prepareTest(test, tags.constant);
    return [
      ...factProblems(prepared, tags),
      ...(await forwardProblems(backend, prepared, tags)),
      ...(await backwardProblems(backend, prepared, tags)),
    ];
  } catch (error) {
    return [wordsOf(error)];
  }
}

async function forwardProblems(backend: Backend, test: Prepared, tags: Tags): Promise<string[]> {
  const refused = await excusedBy(tags, "not-ort", () => compileOnly(backend, test));
  if (refused) return refused;
  const differing = await excusedBy(tags, "differs", () => runProblems(backend, test, 1e-4));
  if (differing) return differing;
  const problems = await runProblems(backend, test, 1e-4);
  if (!tags.rounded) return problems;
  if (problems.length === 0) return ["tag rounded is stale"];
  return runProblems(backend, test, 2e-3);
}

async function compileOnly(backend: Backend, { graph }: Prepared): Promise<string[]> {
  await (await backend.compile(graph)).dispose();
  return [];
}

async function backwardProblems(backend: Backend, test: Prepared, tags: Tags): Promise<string[]> {
  if (tags.excused.has("not-ort")) return [];
  const outputs = differentiableOutputs(test).filter((name) => tags.of?.includes(name) ?? true);
  const find = async (): Promise<string[]> => {
    if (outputs.length === 0) return ["no output has a gradient"];
    const { conservation, slope } = await gradientProblems(backend, test, outputs);
    const excused = tags.excused.has("steep");
    if (excused && slope === undefined) return ["tag steep is stale"];
    return [conservation, excused ? undefined : slope].filter((p) => p !== undefined);
  };
  const excused = await excusedBy(tags, "no-vjp", find);
  if (excused) return excused;
  if (outputs.length > 0) return find();
  const variable = [...test.feeds.values()].some((t) => t.data.length > 0);
  return variable ? ["has no gradient: no-vjp"] : [];
}

/** Empty if the excuse holds, an error message if it does not, undefined without an excuse. */
async function excusedBy(
  tags: Tags,
  excuse: "no-vjp" | "not-ort" | "differs",
  find: () => Promise<readonly string[]>,
): Promise<string[] | undefined> {
  if (!tags.excused.has(excuse)) return undefined;
  try {
    if ((await find()).length > 0) return [];
  } catch (error) {
    if (error instanceof FullgradError) return [];
    throw error;
  }
  return [`tag ${excuse} is stale`];
}

function wordsOf(error: unknown): string {
  return error instanceof FullgradError ? `${error.name}: ${error.message}` : String(error);
}
