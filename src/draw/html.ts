/** A fragment of HTML, already escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Parts of a template: text and numbers are escaped, fragments are inserted, lists of fragments are joined by line
 * breaks.
 */
export type HtmlPart = string | number | Html | readonly HtmlPart[];

/** Template tag for HTML. Interpolated values are escaped for use as text or in quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const texts = parts.map((part, i) => textOf(part) + strings[i + 1]!);
  return new Html(strings[0]! + texts.join(""));
}

/** Marks a string of this program as HTML: a style sheet, a script, a drawing. */
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

/** JSON that is safe inside a script element: it cannot start a tag. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The URL of a file relative to the page. */
export function linkTo(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
