import { readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importsOf } from "../support/imports.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** A folder may import from itself and from those in earlier rows. */
const order: readonly (readonly string[])[] = [
  ["errors.ts"],
  ["files"],
  ["tensor"],
  ["onnx"],
  ["ops"],
  ["passes"],
  ["analysis"],
  ["autodiff"],
  ["target"],
  ["backends"],
  ["decomposition"],
  ["runtime"],
  ["methods"],
  ["image"],
  ["draw"],
  ["train"],
  ["compare"],
  ["evaluate"],
  ["model"],
  ["converters"],
  ["index.ts", "tfjs.ts", "cli"],
];

/** A package belongs to one place. */
const owners: Readonly<Record<string, string>> = {
  "onnxruntime-node": "src/backends/ort",
  "onnxruntime-web": "src/backends/ort",
  "@tensorflow/": "src/backends/tfjs",
  "@jimp/": "src/image",
  "@jsquash/": "src/image",
  "jpeg-js": "src/image",
  pngjs: "src/image",
  protobufjs: "src/onnx",
  commander: "src/cli",
  vega: "src/evaluate/report",
  "@resvg/": "src/evaluate/report",
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function rankOf(file: string): number {
  const [top, second] = file.split("/");
  const place = top === "converters" ? "converters" : second!;
  const rank = order.findIndex((row) => row.includes(place));
  expect(rank, `${file}: the folder "${place}" has no place in the order`).toBeGreaterThanOrEqual(
    0,
  );
  return rank;
}

function sameFolder(a: string, b: string): boolean {
  const folderOf = (file: string): string => /^converters|^src\/[^/]+/.exec(file)?.[0] ?? file;
  return folderOf(a) === folderOf(b);
}

const files = [...sources("src"), ...sources("converters")];

/** All imports of all files that break a rule, as "file -> imported". */
function violations(breaks: (file: string, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(join(root, file))
      .filter((s) => breaks(file, s))
      .map((s) => `${file} -> ${s}`),
  );
}

test("imports point one way only", () => {
  expect(files.length).toBeGreaterThan(50);
  const backwards = violations((file, specifier) => {
    if (!specifier.startsWith(".")) return false;
    const target = normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
    return !sameFolder(file, target) && rankOf(target) >= rankOf(file);
  });
  expect(backwards).toEqual([]);
});

test("each package is imported in one place", () => {
  const strayed = violations((file, specifier) => {
    const owner = Object.entries(owners).find(([name]) => specifier.startsWith(name))?.[1];
    return owner !== undefined && !file.startsWith(owner);
  });
  expect(strayed).toEqual([]);
});

test("the page imports no package and no command line, and nothing imports the page", () => {
  const page = sources("web").filter((file) => !/^web\/(build\/|dist\/|vite\.config)/.test(file));
  const commands = page.filter((file) =>
    importsOf(join(root, file)).some((s) => s.includes("/cli/")),
  );
  const named = page.flatMap((file) =>
    importsOf(join(root, file)).filter((s) => !s.startsWith(".")),
  );
  expect(page.length).toBeGreaterThan(10);
  expect(named).toEqual([]);
  expect(commands).toEqual([]);
  expect(violations((_, specifier) => specifier.includes("/web/"))).toEqual([]);
});

test("only the API, the command line and the converters name an engine", () => {
  const named = violations(
    (file, specifier) =>
      /backends\/(ort|tfjs)\//.test(specifier) &&
      !/^(src\/(model\/load|index|tfjs)\.ts|src\/cli\/|converters\/)/.test(file),
  );
  expect(named).toEqual([]);
});
