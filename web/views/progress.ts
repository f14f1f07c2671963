import { part } from "../dom.js";

const place = part("progress", HTMLElement);
const doing = part("doing", HTMLElement);
const bar = part("bar", HTMLProgressElement);
const cancel = part("cancel", HTMLButtonElement);
const said = part("said", HTMLElement);

/** Calls `onCancel` when the user wants what is under way to end. */
export function whenCancelled(onCancel: () => void): void {
  cancel.addEventListener("click", onCancel);
}

/** What is under way; without `total`, nobody knows how long it takes. */
export function showProgress(text: string, done = 0, total = 0): void {
  place.hidden = false;
  doing.textContent = total > 1 ? `${text}, ${done} of ${total} passes` : text;
  if (total > 1) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
}

export function hideProgress(): void {
  place.hidden = true;
}

/** Says something to those who listen to the page. */
export function say(text: string): void {
  said.textContent = text;
}
