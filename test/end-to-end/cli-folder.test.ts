import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { encodePng } from "../../src/image/codec.js";
import { filesIn, fullgrad, temporaryFolder, tinyRelu } from "./cli-harness.js";

interface Document {
  readonly results: readonly { readonly input: string }[];
  readonly failures: readonly { readonly input: string }[];
}

/** Without what differs from run to run. */
const lasting = (text: string): string => text.replace(/"seconds": [\d.e-]+/g, "");

test("a folder that threads run gives the files of its pictures run one by one, in order, and names the bad ones", async () => {
  const [folder, together, alone] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const names = Array.from({ length: 17 }, (_, i) => `p${i.toString().padStart(2, "0")}.png`);
  for (const [i, name] of names.entries()) {
    const data = Uint8Array.from({ length: 12 * 10 * 3 }, (_, k) => (k * (i + 3) * 7) % 256);
    const picture = await encodePng({ width: 12, height: 10, data });
    const isBad = i === 4 || i === 16;
    writeFileSync(join(folder, name), isBad ? picture.subarray(0, 60) : picture);
  }
  const flags = ["--method", "gradient"];

  const whole = await fullgrad("explain", tinyRelu, folder, "-o", together, ...flags, "--json");
  expect(whole.code).toBe(1);
  const { results, failures } = JSON.parse(whole.stdout) as Document;
  expect(failures.map(({ input }) => basename(input))).toEqual(["p04.png", "p16.png"]);
  const good = names.filter((_, i) => i !== 4 && i !== 16);
  const inputs = results.map(({ input }) => basename(input));
  expect([...new Set(inputs)]).toEqual(good);

  for (const name of good) {
    await fullgrad("explain", tinyRelu, join(folder, name), "-o", alone, ...flags);
  }
  const files = filesIn(together);
  expect(files).toEqual(filesIn(alone));
  for (const file of files) {
    const [a, b] = [together, alone].map((out) => readFileSync(join(out, file)));
    if (file.endsWith(".json")) expect(lasting(String(a))).toBe(lasting(String(b)));
    else expect(a!.equals(b!), file).toBe(true);
  }
});
