import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { canBrowse } from "./browser.js";
import { bundle } from "./bundle.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Folders with the bundles of scripts that several test files open, by the script's path. */
    bundles?: Readonly<Record<string, string>>;
  }
}

const page = fileURLToPath(new URL("../end-to-end/browser-page.ts", import.meta.url));

/** Bundles the library once for all files of the group `browser`. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-bundle-"));
  if (canBrowse()) {
    await bundle(page, folder);
    project.provide("bundles", { [page]: folder });
  }
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
