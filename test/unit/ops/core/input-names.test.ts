import { expect, it } from "vitest";
import { registry } from "../../../../src/ops/all.js";
import { qualifiedName } from "../../../../src/ops/core/registry.js";
import { namedInputs } from "../../../../src/ops/core/input-names.js";

it("every input that an operator may have has a name", () => {
  const wrong = registry.all().flatMap((spec) => {
    const [type, most] = [qualifiedName(spec), spec.arity[1]];
    const named = namedInputs(type);
    const count = named.at(-1)!.variadic ? Infinity : named.length;
    // A Constant has no inputs, and none are named for it.
    return count === most || most === 0 ? [] : [`${type}: ${count} of ${most}`];
  });
  expect(wrong).toEqual([]);
});
