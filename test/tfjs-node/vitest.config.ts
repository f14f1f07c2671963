import { defineConfig } from "vitest/config";
import everyday from "../../vitest.config.js";

// `npm run test:tfjs-node`: what runs on a tfjs-node that build.sh has made.
export default defineConfig({
  test: { ...everyday.test, include: ["test/tfjs-node/*.test.ts"], exclude: [] },
});
