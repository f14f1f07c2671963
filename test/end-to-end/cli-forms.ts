import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { decodeNpy } from "../../src/tensor/npy.js";
import { toNumbers } from "../../src/tensor/tensor.js";
import { formPath } from "../support/forms.js";
import { fullgrad, temporaryFolder } from "./cli-harness.js";

export interface Explained {
  readonly results: readonly {
    readonly target: number | string;
    readonly label: string | null;
    readonly score: number;
    readonly leftOut: { readonly count: number; readonly share: number };
    readonly files: {
      readonly map: string;
      readonly manifest: string;
      readonly heatmap?: string;
      readonly overlay?: string;
    };
  }[];
}

export const file = (form: string, exporter = "legacy"): string =>
  formPath(form, `../${form}.${exporter}.onnx`);

export async function explain(form: string, ...flags: string[]): Promise<Explained> {
  const out = temporaryFolder();
  const input = formPath(form, "input.npy");
  const { code, stdout, stderr } = await fullgrad(
    "explain",
    file(form),
    input,
    "-o",
    out,
    "--json",
    ...flags,
  );
  // Notes, such as that a score is a probability, have tests of their own.
  const said = stderr.split("\n").filter((line) => !line.startsWith("note: "));
  expect([code, said.join("\n")]).toEqual([0, ""]);
  return JSON.parse(stdout) as Explained;
}

export async function refused(
  ...argv: string[]
): Promise<readonly [code: number, message: string]> {
  const { code, stderr } = await fullgrad(...argv);
  return [code, stderr];
}

/** The numbers of a golden output, sample by sample. */
export function golden(form: string, name: string): (index: number) => number {
  const values = toNumbers(decodeNpy(readFileSync(formPath(form, name))));
  return (index) => values[index]!;
}
