import { button, element, part } from "../dom.js";
import type { MethodReport } from "../engine/protocol.js";

const details = part("method-settings", HTMLDetailsElement);
const of = part("method-settings-of", HTMLElement);
const paper = part("paper", HTMLElement);
const form = part("method-form", HTMLFormElement);

/** The non-default settings of methods, as typed. */
const chosen = new Map<string, Readonly<Record<string, string>>>();

export function settingsOf(method: string): Readonly<Record<string, string>> {
  return chosen.get(method) ?? {};
}

/** A method's paper, and a field for each of its settings. */
export function showMethodForm(method: MethodReport, onApply: (method: string) => void): void {
  details.hidden = false;
  of.textContent = method.title;
  paper.textContent = method.paper;
  const given = settingsOf(method.name);
  const fields = method.settings.map(({ name, about, takes, words, fallback }) => {
    const value = given[name] ?? fallback;
    const field = words
      ? element("select", { name }, ...words.map((w) => element("option", { value: w }, w)))
      : element("input", { name, value, autocomplete: "off" });
    field.value = value;
    const hint = words ? about : `${about}; ${takes}`;
    return element("label", { class: "field" }, name, field, element("small", {}, hint));
  });
  const apply = button("Run with these", {}, () => {
    form.requestSubmit();
  });
  const nothing = element("p", { class: "faint" }, "This method has no settings.");
  form.replaceChildren(...(fields.length > 0 ? [...fields, apply] : [nothing]));
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = [...new FormData(form)].flatMap(([name, value]) => {
      const setting = method.settings.find((s) => s.name === name);
      const text = typeof value === "string" ? value.trim() : "";
      return setting && text !== "" && text !== setting.fallback ? [[name, text] as const] : [];
    });
    chosen.set(method.name, Object.fromEntries(typed));
    onApply(method.name);
  };
}
