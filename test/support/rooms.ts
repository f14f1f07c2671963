import { readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "./imports.js";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** A top-level folder of the sources. Those that end in .ts are single files of src. */
export interface Room {
  readonly name: string;
  /** One-line description. */
  readonly holds: string;
}

/** In order of imports: a room may import from itself and from earlier rows, but not from others in its row. */
export const order: readonly (readonly Room[])[] = [
  [{ name: "errors.ts", holds: "the typed errors, each with its way out" }],
  [{ name: "files", holds: "read files, write them atomically" }],
  [{ name: "tensor", holds: "dtypes, shapes, tensors, .npy, safetensors" }],
  [{ name: "onnx", holds: "ONNX files to typed graphs, and back" }],
  [{ name: "ops", holds: "one record per operator: facts, gradient, bias" }],
  [{ name: "passes", holds: "rewrite graphs: operator sets, shapes, constants" }],
  [{ name: "analysis", holds: "finds biases, image axes, pointwise regions" }],
  [{ name: "autodiff", holds: "adds the backward pass to a graph" }],
  [{ name: "target", holds: "the scalar to explain: class, region, mask" }],
  [{ name: "backends", holds: "run a graph: ONNX Runtime, TensorFlow.js" }],
  [{ name: "decomposition", holds: "full-gradient terms, ψ, completeness" }],
  [{ name: "runtime", holds: "compiles graphs, runs batches, checks gradients" }],
  [{ name: "methods", holds: "one file per saliency method" }],
  [{ name: "image", holds: "decode, resample and preprocess pictures" }],
  [{ name: "draw", holds: "colour maps, overlays, curves, text" }],
  [{ name: "train", holds: "the training step as a graph, data, optimizers" }],
  [{ name: "compare", holds: "methods side by side: sheets and pages" }],
  [{ name: "evaluate", holds: "one file per published test of methods" }],
  [{ name: "model", holds: "load() and Model, the public interface" }],
  [{ name: "converters", holds: "write model.fullgrad.onnx and tfjs folders" }],
  [
    { name: "index.ts", holds: "the package “fullgrad”" },
    { name: "onnx.ts", holds: "the package “fullgrad/onnx”" },
    { name: "tfjs.ts", holds: "the package “fullgrad/tfjs”" },
    { name: "cli", holds: "the command line" },
  ],
  [{ name: "web", holds: "the page, in a browser" }],
];

export const rooms: readonly Room[] = order.flat();

/** All .ts files under a folder, from the root. */
export function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("web/dist/"))
    .sort();
}

/** Every source file with a room. */
export const files: readonly string[] = ["src", "converters", "web"].flatMap(sources);

/** The name of a file's room: "onnx" of "src/onnx/file/decode.ts". */
export function roomOf(file: string): string {
  const [top, second] = file.split("/");
  return top === "src" ? second! : top!;
}

/** The source file of a relative import; undefined for a package. */
export function importedFile(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
}

/** For each room, the rooms that it imports from. */
export const importsBetweenRooms = findImports();

function findImports(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map(rooms.map(({ name }) => [name, new Set<string>()]));
  for (const file of files) {
    for (const specifier of importsOf(join(root, file))) {
      const target = importedFile(file, specifier);
      if (target !== undefined && roomOf(target) !== roomOf(file)) {
        found.get(roomOf(file))!.add(roomOf(target));
      }
    }
  }
  return found;
}
