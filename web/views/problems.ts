import { button, element, part } from "../dom.js";
import { inPageWords } from "../words/page-words.js";

const place = part("problems", HTMLElement);

/** What failed, for each of the library's errors. */
const titles: Readonly<Record<string, string>> = {
  ModelFormatError: "This model cannot be read",
  ExternalDataError: "A file of the model is missing",
  ShapeError: "This model contradicts itself",
  UnsupportedModelError: "This model cannot be explained",
  TargetError: "There is no such class or value",
  InputError: "This input does not fit the model",
  LayoutError: "The axes of the input are unknown",
  ImageError: "This picture cannot be read",
  BackendError: "The engine failed",
  MemoryLimitError: "This needs too much memory",
  UsageError: "These settings do not fit",
};

const titleOf = (name: string): string => titles[name] ?? name;

/** Shows an error with the library's message, above earlier ones. */
export function showProblem(error: unknown, about = ""): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const notice = element(
    "div",
    { class: "problem", "data-error": name },
    element("strong", {}, about === "" ? titleOf(name) : `${titleOf(name)}: ${about}`),
    element("pre", {}, inPageWords(message)),
  );
  if (name === "ExternalDataError") {
    const choose = button("Choose the file", {}, () => {
      part("files", HTMLInputElement).click();
    });
    notice.append(choose);
  }
  notice.append(
    button("Dismiss", { class: "quiet" }, () => {
      notice.remove();
    }),
  );
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

export function clearProblems(): void {
  place.replaceChildren();
}
