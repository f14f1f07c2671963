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
export function showProgress(text: string, done = 0, total = 0, what = "passes"): void {
  place.hidden = false;
  doing.textContent = total > 1 ? `${text}, ${done} of ${total} ${what}` : text;
  if (total > 1) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
}

/** Shows how much of a file is loaded, in megabytes; `total` is 0 if unknown. */
export function showLoading(name: string, done: number, total: number): void {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  showProgress(`Loading ${name}`);
  if (total === 0) return;
  doing.textContent = `Loading ${name}, ${megabytes(done)} of ${megabytes(total)} MB`;
  bar.max = total;
  bar.value = done;
}

export function hideProgress(): void {
  place.hidden = true;
}

/** Announces a message to screen readers. */
export function say(text: string): void {
  said.textContent = text;
}
