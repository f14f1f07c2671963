import { InvalidArgumentError, type Command } from "commander";
import { didYouMean } from "../../files/nearest-names.js";

/** Adds the nearest choice to the message about a value that is none of a flag's choices, in all commands. */
export function suggestChoices(command: Command): void {
  for (const option of command.options) {
    const { argChoices } = option;
    if (!argChoices) continue;
    option.argParser((text: string) => {
      if (argChoices.includes(text)) return text;
      throw new InvalidArgumentError(notAChoice(text, argChoices));
    });
  }
  command.commands.forEach(suggestChoices);
}

export function notAChoice(text: string, choices: readonly string[]): string {
  return `Allowed choices are ${choices.join(", ")}${didYouMean(text, choices)}.`;
}
