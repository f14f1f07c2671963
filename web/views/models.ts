import { button, element, part } from "../dom.js";
import type { OpenedModel, Source } from "../engine/protocol.js";
import { formatBytes } from "../numbers.js";
import { sampleModel } from "../samples.js";

const place = part("models", HTMLElement);

/** A selectable model. */
export interface ModelChoice {
  readonly file: Source;
  readonly beside: readonly File[];
  readonly isSample: boolean;
}

export const bundled: ModelChoice = { file: sampleModel.file, beside: [], isSample: true };

/** The bundled network and the user's own. */
export class Models {
  private readonly onChoose: (model: ModelChoice) => void;
  private readonly rows = new Map<ModelChoice, { button: HTMLElement; note: HTMLElement }>();

  constructor(onChoose: (model: ModelChoice) => void) {
    this.onChoose = onChoose;
    this.add(bundled, "bundled, ImageNet");
  }

  /** Adds a file of the user's. */
  addOwn(file: File, beside: readonly File[]): ModelChoice {
    const model = { file, beside, isSample: false };
    this.add(model, formatBytes(file.size));
    return model;
  }

  remove(model: ModelChoice): void {
    this.rows.get(model)?.button.remove();
    this.rows.delete(model);
  }

  mark(chosen: ModelChoice | undefined, opened?: OpenedModel): void {
    for (const [model, row] of this.rows) {
      row.button.setAttribute("aria-pressed", String(model === chosen));
      if (model === chosen && opened) row.note.textContent = aboutModel(opened);
    }
  }

  private add(model: ModelChoice, about: string): void {
    const note = element("span", { class: "note" }, about);
    const made = button("", { class: "model", "aria-pressed": "false" }, () => {
      this.onChoose(model);
    });
    made.append(element("span", { class: "name" }, model.file.name), note);
    this.rows.set(model, { button: made, note });
    place.append(made);
  }
}

function aboutModel({ bytes, inspection, output, threads }: OpenedModel): string {
  const nodes = Object.values(inspection.operators).reduce((a, b) => a + b, 0);
  const classes = output?.classes === undefined ? "" : `, ${output.classes} classes`;
  return `${formatBytes(bytes)}, ${nodes} nodes${classes}, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
}
