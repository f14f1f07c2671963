import { part } from "../dom.js";
import { keepFiles, type KeptFiles } from "../keep/file-store.js";

const forget = part("forget", HTMLButtonElement);

forget.addEventListener("click", () => {
  void keepFiles({ pictures: [] }).then(() => {
    history.replaceState(null, "", location.pathname);
    location.reload();
  });
});

/** Offers to remove the user's files from the browser's store, where it has any. */
export function showForget({ model, pictures }: KeptFiles): void {
  forget.hidden = model === undefined && pictures.length === 0;
}
