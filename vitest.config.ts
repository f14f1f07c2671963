import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { SlowestFirst } from "./test/support/slowest-first.js";

/** Real networks run in some tests, on machines that may be busy. */
export const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

/** Tests that `npm run test:NAME` runs alone; each file belongs to one group. */
function group(
  name: string,
  include: string,
  options: TestProjectInlineConfiguration["test"] = {},
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: [include], ...options } };
}

/** The files of a group share two processes, so that their imports are loaded once: none may leave anything behind. */
const shared = { isolate: false };

const browser = "test/end-to-end/browser-*.test.ts";
const networks = "test/backends/*{networks,forms,methods}.test.ts";

export default defineConfig({
  test: {
    projects: [
      group("browser", browser, { globalSetup: "./test/support/shared-bundles.ts" }),
      group("networks", networks, shared),
      group("laws", "test/backends/*.test.ts", { exclude: [networks], ...shared }),
      group("cli", "test/end-to-end/**/*.test.ts", { exclude: [browser] }),
      group("unit", "test/unit/**/*.test.ts", shared),
    ],
    reporters: ["default", "./test/support/closing-line.ts"],
    // vitest's own choice leaves one core to itself, which is idle while tests run.
    maxWorkers: "100%",
    sequence: { sequencer: SlowestFirst },
    ...timeouts,
  },
});
