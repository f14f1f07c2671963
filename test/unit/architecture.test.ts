import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { architecturePicture, architectureTable } from "../support/architecture.js";
import { root } from "../support/rooms.js";

// `npm run docs:architecture` writes both.
const at = (name: string): string => join(root, "docs", name);

test("docs/architecture.svg has an arrow for each import between rooms", async () => {
  await expect(architecturePicture()).toMatchFileSnapshot(at("architecture.svg"));
});

test("the table of docs/architecture.md says who imports whom", async () => {
  const [before, , after] = readFileSync(at("architecture.md"), "utf8").split(/<!-- .*rooms -->\n/);
  const text = `${before}<!-- rooms -->\n\n${architectureTable()}\n\n<!-- end of rooms -->\n${after}`;
  await expect(text).toMatchFileSnapshot(at("architecture.md"));
});
