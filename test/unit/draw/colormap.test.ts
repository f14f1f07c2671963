import { describe, expect, test } from "vitest";
import { colormaps, colorsOf, isDiverging } from "../../../src/draw/colormap.js";

type Triple = readonly [number, number, number];

const colorAt = (colors: Uint8Array, i: number): Triple => [
  colors[i * 3]!,
  colors[i * 3 + 1]!,
  colors[i * 3 + 2]!,
];

/** sRGB bytes as linear light (IEC 61966-2-1). */
function linear(bytes: Triple): Triple {
  return bytes.map((byte) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;
}

function times(matrix: readonly Triple[], v: Triple): Triple {
  return matrix.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as unknown as Triple;
}

/** L*, a*, b* of linear light under D65 (CIE 15). */
function lab(light: Triple): Triple {
  const xyz = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    light,
  );
  const [x, y, z] = xyz.map((v, i) => {
    const t = v / [0.9505, 1, 1.089][i]!;
    return t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
  }) as unknown as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const lightness = (color: Triple): number => lab(linear(color))[0];

/** Simulates colours without red, green or blue cones (Machado, Oliveira & Fernandes 2009, severity 1). */
const deficiencies: Readonly<Record<string, readonly Triple[]>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

describe("colours", () => {
  // matplotlib's _cm_listed.py; Mikhailov's turbo_colormap.py; colorbrewer2.org.
  test.each([
    ["viridis", 0, [0.267004, 0.004874, 0.329415]],
    ["viridis", 128, [0.127568, 0.566949, 0.550556]],
    ["viridis", 255, [0.993248, 0.906157, 0.143936]],
    ["inferno", 0, [0.001462, 0.000466, 0.013866]],
    ["inferno", 128, [0.735683, 0.215906, 0.330245]],
    ["inferno", 255, [0.988362, 0.998364, 0.644924]],
    ["turbo", 0, [0.18995, 0.07176, 0.23217]],
    ["turbo", 128, [0.64362, 0.98999, 0.23356]],
    ["turbo", 255, [0.4796, 0.01583, 0.01055]],
    ["rdbu", 0, [5 / 255, 48 / 255, 97 / 255]],
    ["rdbu", 51, [67 / 255, 147 / 255, 195 / 255]],
    ["rdbu", 102, [209 / 255, 229 / 255, 240 / 255]],
    ["rdbu", 153, [253 / 255, 219 / 255, 199 / 255]],
    ["rdbu", 204, [214 / 255, 96 / 255, 77 / 255]],
    ["rdbu", 255, [103 / 255, 0, 31 / 255]],
  ] as const)("%s has at %d the one that was published", (name, i, published) => {
    expect(colorAt(colorsOf(name), i)).toEqual(published.map((v) => Math.round(v * 255)));
  });

  test.each(colormaps)("there are 256 of %s", (name) => {
    expect(colorsOf(name)).toHaveLength(768);
  });
});

describe("lightness", () => {
  test.each(["inferno", "viridis", "magma", "plasma"] as const)(
    "of %s grows all the way",
    (name) => {
      const colors = colorsOf(name);
      const steps = Array.from({ length: 256 }, (_, i) => lightness(colorAt(colors, i)));
      // Rounding to bytes can reverse a small part of a step.
      for (let i = 1; i < 256; i++) expect(steps[i]! - steps[i - 1]!).toBeGreaterThan(-0.2);
      expect(steps[255]! - steps[0]!).toBeGreaterThan(70);
    },
  );

  test("of rdbu rises to the middle and falls after it, symmetrically", () => {
    const colors = colorsOf("rdbu");
    const steps = Array.from({ length: 256 }, (_, i) => lightness(colorAt(colors, i)));
    for (let i = 1; i < 128; i++) expect(steps[i]!).toBeGreaterThan(steps[i - 1]!);
    for (let i = 129; i < 256; i++) expect(steps[i]!).toBeLessThan(steps[i - 1]!);
    for (let i = 0; i < 128; i++) expect(Math.abs(steps[i]! - steps[255 - i]!)).toBeLessThan(8);
    expect(steps[127]!).toBeGreaterThan(96);
  });
});

describe("signs of rdbu", () => {
  test.each(Object.keys(deficiencies))("are distinguishable with %s", (name) => {
    const colors = colorsOf("rdbu");
    const seen = (i: number): Triple => lab(times(deficiencies[name]!, linear(colorAt(colors, i))));
    // From a fifth of the scale on, +v and −v differ by 15 or more, where 2.3 is just noticeable (ΔE*ab).
    for (let i = 0; i <= 102; i++) {
      const [minus, plus] = [seen(i), seen(255 - i)];
      const difference = Math.hypot(...minus.map((v, c) => v - plus[c]!));
      expect(difference, `at ${i}`).toBeGreaterThan(15);
    }
  });
});

test("only rdbu is diverging", () => {
  expect(colormaps.filter(isDiverging)).toEqual(["rdbu"]);
});
