import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { anchorOf } from "../../fixtures/site/markdown.js";

/** The README and the documents below docs/, by their paths from the root. */
export function documents(root: string): readonly string[] {
  const below = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const top = readdirSync(root).filter((name) => name.endsWith(".md"));
  return [...top, ...below.map((name) => join("docs", name))];
}

/** The code blocks of a language, one after the other. */
export function blocksOf(markdown: string, language: string): readonly string[] {
  const fences = markdown.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms);
  return [...fences].filter(([, tag]) => tag === language).map(([, , code]) => code!);
}

function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      anchorOf(heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")),
    ),
  );
}

/** Links within the repository that lead nowhere. */
export function brokenLinks(root: string, document: string): readonly string[] {
  const markdown = readFileSync(join(root, document), "utf8");
  const prose = markdown.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path, anchor] = link.split("#") as [string, string?];
    const file = path === "" ? join(root, document) : join(root, dirname(document), path);
    if (!existsSync(file) || relative(root, file).startsWith("..")) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).has(anchor);
  });
}
