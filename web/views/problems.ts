import { button, element, part } from "../dom.js";

const place = part("problems", HTMLElement);

/** Shows an error with the library's message, above earlier ones. */
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
