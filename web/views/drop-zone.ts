import { part } from "../dom.js";

const zone = part("drop", HTMLElement);
const input = part("files", HTMLInputElement);

/** Files by the file chooser, which keys reach too, or dropped anywhere on the page. */
export function whenFilesCome(onFiles: (files: readonly File[]) => void): void {
  input.addEventListener("change", () => {
    if (input.files?.length) onFiles([...input.files]);
    // The same file can be chosen again.
    input.value = "";
  });
  // Space opens the chooser by itself; it looks like a button, and those take Enter too.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") input.click();
  });
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.dataset["over"] = "true";
  };
  const leave = (): void => {
    delete zone.dataset["over"];
  };
  document.addEventListener("dragenter", over);
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) leave();
  });
  document.addEventListener("drop", (event) => {
    leave();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}
