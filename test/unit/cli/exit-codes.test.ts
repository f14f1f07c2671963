import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { exitCodeOf, messageOf, UnexplainableModelError } from "../../../src/cli/exit-codes.js";
import * as errors from "../../../src/errors.js";

describe("exitCodeOf", () => {
  test.each<[error: unknown, code: number]>([
    [new CommanderError(0, "commander.helpDisplayed", ""), 0],
    [new CommanderError(1, "commander.unknownOption", ""), 2],
    [new errors.UsageError("x"), 2],
    [new errors.TargetError("x"), 2],
    [new errors.UnsupportedModelError([]), 3],
    [new UnexplainableModelError("x"), 3],
    [new errors.ModelFormatError("x"), 1],
    [new errors.ImageError("x"), 1],
    [new errors.ExternalDataError("x"), 1],
    [new errors.BackendError("x"), 1],
    [new TypeError("x"), 1],
    ["x", 1],
  ])("%o is %d", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe("messageOf", () => {
  test("is an error's own message where it is one of ours", () => {
    expect(messageOf(new errors.InputError("too small"))).toBe("too small");
  });

  test("says of a file that it is not there", () => {
    const error = Object.assign(new Error("ENOENT: …"), {
      ...{ code: "ENOENT", syscall: "open", path: "a/b.png" },
    });
    expect(messageOf(error)).toBe("a/b.png: there is no such file");
    expect(messageOf(Object.assign(error, { code: "EACCES" }))).toBe("ENOENT: …");
  });

  test("has the stack of what should not have happened", () => {
    expect(messageOf(new TypeError("x is undefined"))).toMatch(/please report it\nTypeError: x/);
  });
});
