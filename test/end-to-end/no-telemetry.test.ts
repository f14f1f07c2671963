import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesIn, root, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";

test("ONNX Runtime writes no device ID and no store of usage data into the user's folder", () => {
  const home = temporaryFolder();
  // ONNX Runtime switches itself off where CI is set.
  const off = ["CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"];
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !off.includes(key)));
  const main = join(root, "dist", "src", "cli", "main.js");
  const argv = [main, "explain", tinyRelu, tinyInput, "-o", join(home, "out")];
  execFileSync(process.execPath, argv, { env: { ...env, HOME: home, USERPROFILE: home } });
  expect(filesIn(home)).toEqual(["out"]);
});
