import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { importsOf } from "../support/imports.js";
import { files, importedFile, order, roomOf, root, rooms, sources } from "../support/rooms.js";

/** A package belongs to one place. */
const owners: Readonly<Record<string, string>> = {
  "onnxruntime-node": "src/backends/ort",
  "onnxruntime-web": "src/backends/ort",
  "@tensorflow/": "src/backends/tfjs",
  "@jimp/": "src/image",
  "@jsquash/": "src/image",
  "jpeg-js": "src/image",
  protobufjs: "src/onnx",
  commander: "src/cli",
  vega: "src/evaluate/report",
  "@resvg/": "src/evaluate/report",
};

/** Folders with more files than {@link mostFiles}, and why. */
const larger: Readonly<Record<string, number>> = {
  // One file for each family of operators that TensorFlow.js has kernels for; each definition in ops/ takes from it.
  "src/backends/tfjs/lower": 29,
};

/** More files than this in one folder are not taken in at a glance. */
const mostFiles = 20;

/** Every folder of the sources that holds files itself. */
const folders = [...new Set(files.map(dirname))];

/** All imports of all files that break a rule, as "file -> imported". */
function violations(breaks: (file: string, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(join(root, file))
      .filter((s) => breaks(file, s))
      .map((s) => `${file} -> ${s}`),
  );
}

test("every file is in a room", () => {
  const names = rooms.map(({ name }) => name);
  expect(files.length).toBeGreaterThan(400);
  expect(files.filter((file) => !names.includes(roomOf(file)))).toEqual([]);
  expect(names.filter((name) => !files.some((file) => roomOf(file) === name))).toEqual([]);
});

test("imports point one way only", () => {
  const rankOf = (file: string): number =>
    order.findIndex((row) => row.some(({ name }) => name === roomOf(file)));
  const backwards = violations((file, specifier) => {
    const target = importedFile(file, specifier);
    if (target === undefined || roomOf(target) === roomOf(file)) return false;
    return rankOf(target) >= rankOf(file);
  });
  expect(backwards).toEqual([]);
});

test(`no folder holds more than ${mostFiles} files`, () => {
  const crowded = folders.map((folder): [string, number] => [
    folder,
    files.filter((file) => dirname(file) === folder).length,
  ]);
  expect(crowded.filter(([folder, count]) => count > (larger[folder] ?? mostFiles))).toEqual([]);
});

test("no folder inside a room has the name of another room", () => {
  const names = rooms.map(({ name }) => name);
  // A folder of converters/ has the name of the format that it writes.
  const inner = folders.filter((folder) => !folder.startsWith("converters/"));
  const named = inner.filter((folder) => {
    const [, ...within] = folder.replace(/^src\//, "").split("/");
    return within.some((part) => names.includes(part));
  });
  expect(named).toEqual([]);
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

test("only the API, the command line, the converters and the page name an engine", () => {
  const named = violations(
    (file, specifier) =>
      /backends\/(ort|tfjs)\//.test(specifier) &&
      !/^(src\/(model\/load|index|tfjs)\.ts|src\/cli\/|converters\/|web\/)/.test(file),
  );
  expect(named).toEqual([]);
});
