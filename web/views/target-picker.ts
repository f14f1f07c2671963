import { chooseTarget } from "../../src/model/choose-target.js";
import type { Labels } from "../../src/model/label-names.js";
import { element, part } from "../dom.js";
import type { OpenedModel } from "../engine/protocol.js";
import { showProblem } from "./problems.js";

const form = part("target-form", HTMLFormElement);
const field = part("target", HTMLInputElement);
const label = part("target-label", HTMLLabelElement);
const hint = part("target-hint", HTMLElement);
const list = part("classes", HTMLDataListElement);

let asked: { readonly model: OpenedModel; readonly labels: Labels | undefined } | undefined;

/** Calls `onTarget` with the requested class or target expression. */
export function whenTargetChosen(onTarget: (target: string | number) => void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!asked?.model.output) return;
    try {
      const { output, inspection } = asked.model;
      const text = field.value.trim().replace(/^(\d+)\s.*$/, "$1") || "top";
      const target = chooseTarget(text, asked.labels, { output, inspection }, "class");
      onTarget(typeof target === "object" ? target.words : target);
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
  const names = labels ? "; a name, or part of a name" : "";
  hint.textContent = output ? `${output.words}${names}` : "";
  list.replaceChildren(
    ...Array.from(labels?.names ?? [], ([index, name]) =>
      element("option", { value: `${index} ${name}` }),
    ),
  );
}
