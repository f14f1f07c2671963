import { part } from "../dom.js";

const zone = part("drop", HTMLElement);
const input = part("files", HTMLInputElement);

/** Files from the file chooser, which works by keyboard too, or dropped anywhere on the page. */
export function whenFilesCome(onFiles: (files: readonly File[]) => void): void {
  input.addEventListener("change", () => {
    if (input.files?.length) onFiles([...input.files]);
    // Lets the user choose the same file again.
    input.value = "";
  });
  // The browser handles Space; Enter is added because the element looks like a button.
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
