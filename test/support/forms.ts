import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Backend } from "../../src/backends/backend.js";
import { load } from "../../src/model/load.js";
import type { Feeds } from "../../src/model/model-options.js";
import type { Model } from "../../src/model/model.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** One target, explained by PyTorch's autograd in float64. */
export interface FormRun {
  readonly input: string;
  readonly output: string;
  readonly outputFile: string;
  readonly target: string | number;
  readonly gradientFile: string;
  readonly inputGradientFloat32Error: number;
}

/** The bias term of one module, with its positions restored by hand. */
export interface FormTerm {
  readonly module: string;
  readonly file: string;
}

/** golden.json of a form; fixtures/README.md documents its fields. */
export interface FormGolden {
  readonly models: Readonly<Record<string, string>>;
  readonly exportFailures: Readonly<Record<string, string>>;
  readonly operators: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly others: readonly string[];
  readonly runs: readonly FormRun[];
  readonly terms: readonly FormTerm[];
}

const folder = new URL("../../fixtures/forms/", import.meta.url);

/** The forms of fixtures/forms; forms.py there documents each one. */
export const formNames: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name)
  .sort();

export function formPath(form: string, file: string): string {
  return fileURLToPath(new URL(`${form}/${file}`, folder));
}

export function formGolden(form: string): FormGolden {
  return JSON.parse(readFileSync(formPath(form, "golden.json"), "utf8")) as FormGolden;
}

export function formTensor(form: string, file: string): Tensor {
  return decodeNpy(readFileSync(formPath(form, file)));
}

/** Values of the other inputs. */
export function formFeeds(form: string): Feeds {
  const { others } = formGolden(form);
  return Object.fromEntries(others.map((name) => [name, formTensor(form, `${name}.npy`)]));
}

/** Loads a file of a form through the public API. */
export function loadForm(
  form: string,
  variant: string,
  backend: Backend,
  output: string,
): Promise<Model> {
  const { models, others } = formGolden(form);
  return load(formPath(form, models[variant]!), {
    backend,
    output,
    // The input has a default only if the model has a single image.
    ...(others.length > 0 ? { input: "image" } : {}),
  });
}
