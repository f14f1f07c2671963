import { describe, expect, it } from "vitest";
import {
  choice,
  flag,
  given,
  name,
  nameList,
  number,
  readSettings,
  whole,
} from "../../../../src/methods/core/settings.js";
import { UsageError } from "../../../../src/errors.js";
import { float32 } from "../../../../src/tensor/tensor.js";

const table = {
  samples: whole(50, "copies", 1),
  noise: number(0.15, "spread", 0),
  baseline: choice(["black", "white", "blur"], "black", "what with"),
  absolute: flag(true, "signs"),
  layer: name("which"),
  layers: nameList("which ones"),
  given: given("a tensor"),
};

const read = (values: Readonly<Record<string, unknown>>): unknown =>
  readSettings("test", table, values);

describe("settings of a method", () => {
  it("have their defaults where nothing is given", () => {
    const defaults = { samples: 50, noise: 0.15, baseline: "black", absolute: true };
    expect(read({ samples: undefined })).toEqual({
      ...defaults,
      layer: undefined,
      layers: undefined,
      given: undefined,
    });
  });

  it("may be values or a command line's text", () => {
    const image = float32([1], [2]);
    expect(read({ samples: "7", noise: "0.5", absolute: "false", given: image })).toMatchObject({
      ...{ samples: 7, noise: 0.5, absolute: false, given: image },
    });
    expect(read({ samples: 7, noise: 0, layer: "conv5" })).toMatchObject({
      ...{ samples: 7, noise: 0, layer: "conv5" },
    });
  });

  it.each([
    [{ samples: 0 }, 'samples 0 of method "test": it takes a whole number from 1'],
    [{ samples: 1.5 }, 'samples 1.5 of method "test": it takes a whole number from 1'],
    [{ samples: "" }, 'samples  of method "test": it takes a whole number from 1'],
    [{ noise: "much" }, 'noise much of method "test": it takes a number from 0'],
    [{ noise: NaN }, 'noise null of method "test": it takes a number from 0'],
    [{ baseline: "green" }, 'baseline green of method "test": it takes black, white or blur'],
    [{ absolute: 1 }, 'absolute 1 of method "test": it takes true or false'],
    [{ layers: [] }, 'layers [] of method "test": it takes a name, or several joined by +'],
    [
      { layers: ["a", 1] },
      'layers ["a",1] of method "test": it takes a name, or several joined by +',
    ],
    [
      { steps: 3 },
      'method "test" has no setting "steps"; it has samples, noise, baseline, absolute, layer, layers, given',
    ],
  ])("%o is refused", (values, message) => {
    expect(() => read(values)).toThrow(new UsageError(message));
  });
});
