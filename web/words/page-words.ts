/**
 * Controls of the page for the options that the library's messages name in brackets.
 *
 * @module
 */

const controls: Readonly<Record<string, string>> = {
  output: "“Output” in the settings",
  target: "“Explain another class”",
  size: "“Input size” in the settings",
  labels: "“Names of the classes” in the settings",
  preprocess: "“Preprocessing” in the settings",
  feed: "“Value of …” in the settings",
  "input-name": "“Input” in the settings",
  method: "“Another method”",
  set: "“Settings of the method”",
};

/** Options of the command line for which the page has no control. */
const absent: Readonly<Record<string, string>> = {
  layout: "the command line’s --layout",
  "max-memory": "the command line’s --max-memory",
  "straight-through": "the command line’s --straight-through",
  batch: "the command line’s --batch",
  backend: "the command line’s --backend",
  gradient: "the command line’s --gradient",
  to: "the command line’s --to",
};

/** A library's message in the words of the page: `--output logits` becomes “Output” in the settings: logits. */
export function inPageWords(message: string): string {
  return message
    .replace(/--target ([^\s:,]+)(?=[:,]| could)/g, "“$1”")
    .replace(/--output ([^\s),:]+)/g, "“$1” as “Output” in the settings")
    .replace(/--feed ([^\s=]+)=FILE\.npy/g, "“Value of $1” in the settings")
    .replace(/--([a-z][a-z-]*)( FILE| N| HxW)?/g, (written, name: string) => {
      return controls[name] ?? absent[name] ?? written;
    });
}
