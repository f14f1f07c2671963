/** A piece of a page: text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a page is made of: text and numbers, which are escaped, and pieces, a list of them with line breaks between. */
export type HtmlPart = string | number | Html | readonly HtmlPart[];

/** A piece of a page. Whatever is put into it is escaped, so that it stands as text or in a quoted attribute. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const texts = parts.map((part, i) => textOf(part) + strings[i + 1]!);
  return new Html(strings[0]! + texts.join(""));
}

/** Text of this program's own that is HTML already: a style sheet, a script, a drawing. */
export function trusted(text: string): Html {
  return new Html(text);
}

function textOf(part: HtmlPart): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return part.map(textOf).join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A value as JSON that may stand inside a script element: no tag can begin in it. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The address of a file beside the page. */
export function linkTo(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
