import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
}

const root = new URL("../../", import.meta.url);
const { packages } = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** Every package but this one, development tools too. */
const locked = Object.entries(packages).filter(([path]) => path !== "");

/** Licences whose packages may be used and installed beside Apache-2.0 code. None is copyleft beyond its own files. */
const permissive = [
  ...[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "ISC",
    "MIT",
  ],
  ...["MIT-0", "Unlicense", "Python-2.0"],
];

/** Of its own files alone (@resvg/resvg-js, lightningcss), and of data (spdx-exceptions). */
const limited = ["MPL-2.0", "CC-BY-3.0", "CC-BY-4.0"];

const isAllowed = (license: string): boolean =>
  license
    .replace(/[()]/g, "")
    .split(/ (?:AND|OR) /)
    .every((name) => [...permissive, ...limited].includes(name));

/** Licences that package.json does not name, but a file of the package. */
const named: Readonly<Record<string, string>> = { "node_modules/exif-parser": "MIT" };

test("every package has a licence that is permissive", () => {
  const licences = locked.map(
    ([path, { license = named[path] ?? "none" }]) => [path, license] as const,
  );
  expect(licences.filter(([, license]) => !isAllowed(license))).toEqual([]);
  expect(["GPL-3.0", "MIT AND GPL-2.0", "none"].filter(isAllowed)).toEqual([]);
});

// lockfile-lint accepts packages without a hash.
test("every package is pinned by its hash, and comes from the registry", () => {
  const loose = locked.filter(
    ([, { integrity, resolved, link }]) =>
      link === true || !integrity?.startsWith("sha512-") || resolved !== undefined,
  );
  expect(loose.map(([path]) => path)).toEqual([]);
  expect(locked.length).toBeGreaterThan(100);
});

test("no package runs scripts when it is installed", () => {
  expect(readFileSync(new URL(".npmrc", root), "utf8")).toMatch(/^ignore-scripts=true$/m);
});

test("the published weights are those that fixtures/README.md names", () => {
  const model = readFileSync(new URL("fixtures/efficientnet-lite0/efficientnet-lite0.onnx", root));
  const readme = readFileSync(new URL("fixtures/README.md", root), "utf8");
  expect(readme).toContain(createHash("sha256").update(model).digest("hex"));
});
