import { part } from "../dom.js";

const place = part("progress", HTMLElement);
const doing = part("doing", HTMLElement);
const bar = part("bar", HTMLProgressElement);
const cancel = part("cancel", HTMLButtonElement);
const said = part("said", HTMLElement);

/** Calls `onCancel` when the user cancels the current work. */
export function whenCancelled(onCancel: () => void): void {
  cancel.addEventListener("click", onCancel);
}

/** Shows the current work; without `total`, the progress is indeterminate. */
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

/** Announces a message to screen readers. */
export function say(text: string): void {
  said.textContent = text;
}
