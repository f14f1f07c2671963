import { expect, test } from "vitest";
import { parseTargetFile } from "../../../../src/cli/input/target-file.js";

test("lines of pictures and targets; quotes hold commas, a picture may have several lines", () => {
  const text =
    '\ufeffpicture,target\r\na.png,282\r\n"b,1.png","8@10,12"\r\nc.png,1,2\r\nc.png,tiger cat\r\n\r\n';
  expect([...parseTargetFile(text)]).toEqual([
    ["a.png", ["282"]],
    ["b,1.png", ["8@10,12"]],
    ["c.png", ["1", "2", "tiger cat"]],
  ]);
});

test.each(["", "picture,target\n", "a.png\n", "a.png,\n", ",5\n"])("%j is refused", (text) => {
  expect(() => parseTargetFile(text)).toThrow(/PICTURE,TARGET/);
});
