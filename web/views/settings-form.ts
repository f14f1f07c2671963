import { parseLabels, type Labels } from "../../src/model/label-names.js";
import type { Inspection } from "../../src/runtime/inspection-report.js";
import { presets, type Preprocessing } from "../../src/image/preprocess.js";
import { parsePreprocessing } from "../../src/image/preprocessing-file.js";
import { InputError } from "../../src/errors.js";
import { element, part } from "../dom.js";
import type { ModelSettings, Provider } from "../engine/protocol.js";
import { imagenetLabels, sampleModel } from "../samples.js";
import { showProblem } from "./problems.js";

const preprocessing = part("preprocessing", HTMLSelectElement);
const preprocessingFile = part("preprocessing-file", HTMLInputElement);
const labelsFile = part("labels-file", HTMLInputElement);
const size = part("size", HTMLFieldSetElement);
const height = part("height", HTMLInputElement);
const width = part("width", HTMLInputElement);
const inputField = part("input-field", HTMLElement);
const input = part("input", HTMLSelectElement);
const feeds = part("feeds", HTMLElement);
const output = part("output", HTMLSelectElement);
const provider = part("provider", HTMLSelectElement);

/** The preprocessing file of the bundled model. */
const besideModel = "beside";

/** The settings for opening models and preparing pictures. */
export class SettingsForm {
  private readonly files = new Map<string, Preprocessing>();
  private ownLabels: Labels | undefined;
  private imagenet: Promise<Labels> | undefined;

  constructor(onChange: () => void) {
    const names = Object.keys(presets);
    preprocessing.append(...names.map((name) => element("option", { value: name }, name)));
    provider.options[1]!.disabled = !("gpu" in navigator);
    for (const control of [preprocessing, input, output, provider, height, width]) {
      control.addEventListener("change", onChange);
    }
    feeds.addEventListener("change", onChange);
    preprocessingFile.addEventListener("change", () => {
      void withFile(preprocessingFile, async (file) => {
        this.addPreprocessing(file.name, file.name, await readJson(file));
        preprocessing.value = file.name;
        onChange();
      });
    });
    labelsFile.addEventListener("change", () => {
      void withFile(labelsFile, async (file) => {
        this.ownLabels = { source: file.name, names: parseLabels(await file.text()) };
        onChange();
      });
    });
  }

  /** Resets the choices for another model. */
  async begin(isSample: boolean): Promise<void> {
    input.replaceChildren();
    output.replaceChildren();
    feeds.replaceChildren();
    height.value = width.value = "";
    this.ownLabels = undefined;
    labelsFile.value = "";
    if (isSample && !this.files.has(besideModel)) {
      const response = await fetch(sampleModel.preprocessing);
      const name = "efficientnet-lite0.preprocess.json";
      this.addPreprocessing(besideModel, `${name}, beside the model`, await response.json());
    }
    const beside = preprocessing.querySelector<HTMLOptionElement>(`[value=${besideModel}]`);
    if (beside) beside.hidden = beside.disabled = !isSample;
    if (isSample) preprocessing.value = besideModel;
    else if (preprocessing.value === besideModel) preprocessing.value = "imagenet";
  }

  /** Shows fields for everything that the model leaves open. */
  fit({
    inputs,
    outputs,
    input: explained,
    output: chosen,
    others = [],
    instead = [],
  }: Inspection): void {
    const isOpen =
      explained?.shape.length === 4 && explained.shape.slice(2).some((d) => typeof d === "string");
    size.hidden = !isOpen;
    inputField.hidden = inputs.length < 2;
    fill(
      input,
      inputs.map(({ name }) => ({ value: name, text: name })),
      explained?.name,
    );
    const values = [...new Set([...outputs, ...instead].map(({ name }) => name))];
    if (chosen && !values.includes(chosen.name) && output.value !== "logits")
      values.push(chosen.name);
    const logits = { value: "logits", text: "the input of the last softmax or sigmoid" };
    const options = values.map((name) => ({ value: name, text: name }));
    const isNamed = values.includes(logits.value);
    fill(output, isNamed ? options : [...options, logits], output.value || chosen?.name);
    const known = [...feeds.querySelectorAll("input")].map((field) => field.name);
    if (known.join() === others.map(({ name }) => name).join()) return;
    feeds.hidden = others.length === 0;
    feeds.replaceChildren(
      ...others.map(({ name, shape }) =>
        element(
          "label",
          { class: "field" },
          `Value of ${name}`,
          element("input", { type: "file", accept: ".npy", name }),
          element("small", {}, `a .npy file, [${shape.join(", ")}]`),
        ),
      ),
    );
  }

  get model(): ModelSettings {
    const [h, w] = [height.valueAsNumber, width.valueAsNumber];
    return {
      provider: provider.value as Provider,
      ...(input.value && input.options.length > 1 ? { input: input.value } : {}),
      ...(output.value ? { output: output.value } : {}),
      ...(h > 0 && w > 0 ? { size: [h, w] as const } : {}),
    };
  }

  get preprocessing(): Preprocessing {
    const { value } = preprocessing;
    return this.files.get(value) ?? presets[value as keyof typeof presets];
  }

  get feeds(): Readonly<Record<string, File>> {
    const given = [...feeds.querySelectorAll("input")].flatMap(({ name, files }) =>
      files?.[0] ? [[name, files[0]] as const] : [],
    );
    return Object.fromEntries(given);
  }

  /** The user's class names, or ImageNet's for 1000 classes. */
  async labels(classes: number | undefined): Promise<Labels | undefined> {
    if (this.ownLabels || classes !== 1000) return this.ownLabels;
    this.imagenet ??= fetch(imagenetLabels)
      .then((response) => response.text())
      .then((text) => ({ source: "imagenet", names: parseLabels(text) }));
    return this.imagenet;
  }

  private addPreprocessing(value: string, text: string, json: unknown): void {
    this.files.set(value, parsePreprocessing(json, text));
    if ([...preprocessing.options].some((option) => option.value === value)) return;
    preprocessing.prepend(element("option", { value }, text));
  }
}

function fill(
  select: HTMLSelectElement,
  options: readonly { readonly value: string; readonly text: string }[],
  chosen: string | undefined,
): void {
  select.replaceChildren(...options.map(({ value, text }) => element("option", { value }, text)));
  if (chosen !== undefined) select.value = chosen;
}

async function withFile(
  field: HTMLInputElement,
  use: (file: File) => Promise<void>,
): Promise<void> {
  const [file] = field.files ?? [];
  if (!file) return;
  try {
    await use(file);
  } catch (error) {
    showProblem(error, file.name);
  }
}

async function readJson(file: File): Promise<unknown> {
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    throw new InputError(`${file.name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
