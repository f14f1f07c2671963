import { button, element, part } from "../dom.js";

const place = part("problems", HTMLElement);

/** Shows an error as the library says it, above what is already there. */
export function showProblem(error: unknown, about = ""): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const notice = element(
    "div",
    { class: "problem", "data-error": name },
    element("strong", {}, about === "" ? name : `${name}: ${about}`),
    element("pre", {}, message),
  );
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
