import { expect, test } from "vitest";
import { InputError } from "../../../src/errors.js";
import { readFile } from "../../../src/files/read-file.js";

test("a device, which may have no end, is refused by name", async () => {
  const attempt = readFile("/dev/zero", "the model");
  await expect(attempt).rejects.toThrow(InputError);
  await expect(attempt).rejects.toThrow(/the model "\/dev\/zero": it is a device/);
});
