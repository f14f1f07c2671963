/**
 * The options that messages of the library name, as "option layout" or "option output: logits". The command line and the
 * page put their own words in their place.
 */
export const optionNames = [
  "backend",
  "batch",
  "feeds",
  "gradient",
  "input",
  "labels",
  "layout",
  "maxMemory",
  "method",
  "output",
  "preprocessing",
  "size",
  "straightThrough",
  "target",
] as const;

export type OptionName = (typeof optionNames)[number];

/** An option in other words; `value` is the value that the message recommends. */
export type OptionWords = Readonly<Record<OptionName, (value?: string) => string>>;

const named = new RegExp(`\\boption (${optionNames.join("|")})\\b(?:: ([^\\s);]+))?`, "g");

/** A message of the library with its options in other words. */
export function renameOptions(message: string, words: OptionWords): string {
  return message.replace(named, (_, name: OptionName, value?: string) => words[name](value));
}
