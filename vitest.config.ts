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

const browser = "test/end-to-end/browser-*.test.ts";
const networks = "test/backends/*{networks,forms,methods}.test.ts";

export default defineConfig({
  test: {
    projects: [
      group("browser", browser, { globalSetup: "./test/support/shared-bundles.ts" }),
      group("networks", networks),
      group("laws", "test/backends/*.test.ts", { exclude: [networks] }),
      group("cli", "test/end-to-end/**/*.test.ts", { exclude: [browser] }),
      // Its files share two processes, so that what they import is loaded once: none may leave anything behind.
      group("unit", "test/unit/**/*.test.ts", { isolate: false }),
    ],
    reporters: ["default", "./test/support/closing-line.ts"],
    // vitest's own choice leaves one core to itself, which is idle while tests run.
    maxWorkers: "100%",
    sequence: { sequencer: SlowestFirst },
    ...timeouts,
  },
});
