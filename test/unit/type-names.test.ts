import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Sources of the library; of a file and its twin for the browser, the file. */
function sources(): string[] {
  return ["src", "converters"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).map((entry) =>
        relative(root, join(entry.parentPath, entry.name)),
      ),
    )
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".browser.ts"));
}

const declaration = /^(export )?(?:declare |abstract )*(?:interface|type|class|enum) (\w+)/gm;

test("an exported type has a name of its own: one concept, one name", () => {
  const declared = sources().flatMap((file) =>
    Array.from(readFileSync(join(root, file), "utf8").matchAll(declaration), (found) => {
      return { file, name: found[2]!, isExported: found[1] !== undefined };
    }),
  );
  expect(declared.length).toBeGreaterThan(500);
  const exported = new Set(declared.filter((d) => d.isExported).map(({ name }) => name));
  const shared = [...exported].flatMap((name) => {
    const files = new Set(declared.filter((d) => d.name === name).map(({ file }) => file));
    return files.size > 1 ? [`${name}: ${[...files].join(", ")}`] : [];
  });
  expect(shared).toEqual([]);
});
