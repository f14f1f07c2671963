import { defineConfig } from "vitest/config";
import { timeouts } from "../../vitest.config.js";

// `npm run test:tfjs-node`: what runs on a tfjs-node that build.sh has made.
export default defineConfig({
  test: {
    ...timeouts,
    reporters: ["default", "./test/support/closing-line.ts"],
    include: ["test/tfjs-node/*.test.ts"],
  },
});
