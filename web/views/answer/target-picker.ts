import { parseTarget } from "../../../src/target/parse.js";
import { chooseTarget } from "../../../src/model/choose-target.js";
import type { Labels } from "../../../src/model/label-names.js";
import { part } from "../../dom.js";
import type { OpenedModel } from "../../engine/protocol.js";
import { ClassSearch } from "./class-search.js";
import { showProblem } from "../problems.js";

const form = part("target-form", HTMLFormElement);
const field = part("target", HTMLInputElement);
const label = part("target-label", HTMLLabelElement);
const hint = part("target-hint", HTMLElement);

let asked: { readonly model: OpenedModel; readonly labels: Labels | undefined } | undefined;
const search = new ClassSearch(field, () => {
  form.requestSubmit();
});

/** Calls `onTarget` with the requested class or target expression. */
export function whenTargetChosen(onTarget: (target: string | number) => void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!asked?.model.output) return;
    search.close();
    try {
      const { output, inspection } = asked.model;
      const text = field.value.trim().replace(/^(\d+)\s.*$/, "$1") || "top";
      const target = chooseTarget(parseTarget(text), asked.labels, { output, inspection }, "class");
      onTarget(target.kind === "class" ? target.class : target.text);
    } catch (error) {
      showProblem(error);
    }
  });
}

/** Offers the classes or targets of the model. */
export function offerTargets(model: OpenedModel, labels: Labels | undefined): void {
  if (asked?.model === model && asked.labels === labels) return;
  asked = { model, labels };
  field.value = "";
  const { output } = model;
  form.hidden = output === undefined;
  const isClassifier = output?.classes !== undefined;
  label.textContent = isClassifier ? "Explain another class" : "Explain another output value";
  const names = labels ? "; or type a part of a name" : "";
  hint.textContent = output ? `${output.words}${names}` : "";
  search.offer([...(labels?.names ?? [])].map(([index, name]) => ({ index, name })));
}
