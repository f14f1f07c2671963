/**
 * Controls of the page for the options that the library's messages name.
 *
 * @module
 */
import { renameOptions, type OptionWords } from "../../src/files/option-names.js";

const inSettings = (control: string) => (): string => `“${control}” in the settings`;

/** An option without a control on the page. */
const onlyAsFlag = (flag: string) => (): string => `the command line’s --${flag}`;

const controls: OptionWords = {
  output: (name) => (name === undefined ? "" : `“${name}” as `) + "“Output” in the settings",
  target: () => "“Explain another class”",
  size: inSettings("Input size"),
  labels: inSettings("Names of the classes"),
  preprocessing: inSettings("Preprocessing"),
  feeds: (name = "…") => `“Value of ${name}” in the settings`,
  input: inSettings("Input"),
  method: () => "“Another method”",
  layout: onlyAsFlag("layout"),
  maxMemory: onlyAsFlag("max-memory"),
  straightThrough: onlyAsFlag("straight-through"),
  batch: onlyAsFlag("batch"),
  backend: onlyAsFlag("backend"),
  gradient: onlyAsFlag("gradient"),
};

/** A library's message in the words of the page: "option output: logits" becomes “logits” as “Output” in the settings. */
export function inPageWords(message: string): string {
  return renameOptions(message, controls).replace(/^target ([^\s:,]+)(?=[:,]| could)/, "“$1”");
}
