import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { run } from "../../src/cli/run.js";
import { packageRoot } from "../../src/cli/package-files.js";

/** What a run of the command line left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. */
export async function fullgrad(...argv: string[]): Promise<Outcome> {
  return runWith({ isTTY: false }, ...argv);
}

export async function runWith(
  { isTTY }: { readonly isTTY: boolean },
  ...argv: string[]
): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  const code = await run(argv, {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    isTTY,
  });
  return { code, stdout, stderr };
}

export const root = packageRoot();

export function fixture(...parts: string[]): string {
  return join(root, "fixtures", ...parts);
}

export const efficientNet = fixture("efficientnet-lite0", "efficientnet-lite0.onnx");
export const tinyRelu = fixture("networks", "tiny-relu.legacy.onnx");
/** Two samples [2,3,8,8]. */
export const tinyInput = fixture("networks", "tiny-relu", "input.npy");

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-cli-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Names of all files in a folder; none where it does not exist. */
export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}
