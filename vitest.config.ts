import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/tfjs-node/**"],
    reporters: ["default", "./test/support/closing-line.ts"],
    // Real networks run in some of these tests, on machines that may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
