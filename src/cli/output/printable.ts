/**
 * Text from files as a terminal may have it: control characters, which could move the cursor, hide text or give orders
 * to the terminal, and characters that change the direction of text become visible escapes. Line breaks stay.
 */
export function printable(text: string): string {
  return text.replace(orders, escaped);
}

/** Like {@link printable}, but on one line, so that a name from a file cannot start a new line. */
export function oneLine(text: string): string {
  return printable(text).replace(/[\n\t\u2028\u2029]/g, escaped);
}

/** JSON that a terminal may have: JSON.stringify leaves some control characters as they are. */
export function printableJson(json: string): string {
  return json.replace(orders, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** C0 without tab and line feed, DEL and C1; marks, embeddings, overrides and isolates of direction. */
const orders = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function escaped(character: string): string {
  const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const code = character.charCodeAt(0);
  const hex = code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  return known[character] ?? hex;
}
