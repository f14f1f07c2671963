import { bytesOfFact, peakMemory, type Extents } from "../analysis/peak-memory.js";
import { MemoryLimitError } from "../errors.js";
import type { Graph, Port, TypedGraph } from "../onnx/ir.js";
import type { Tensors } from "../tensor/tensor.js";
import type { Backend, Executable } from "./backend.js";

/** Memory of a 32-bit address space, the most that an engine in WebAssembly has. */
const addressSpace = 2 ** 32;

/** Half of the machine's memory, or of its container's limit; 4 GiB in a browser, where the memory is unknown. */
export function usualMaxMemory(): number {
  const { process } = globalThis as { readonly process?: Partial<NodeJS.Process> };
  const os = process?.getBuiltinModule?.("node:os");
  if (!os) return addressSpace;
  const allowed = process?.constrainedMemory?.() ?? 0;
  return Math.min(os.totalmem(), allowed || Infinity) / 2;
}

/**
 * An engine that refuses graphs whose tensors take more memory than a limit, before it compiles or runs them: a file of
 * a few kilobytes can declare tensors of gigabytes. Graphs with open extents are checked again for each size of input.
 *
 * @param limit in bytes
 */
export function limitMemory(backend: Backend, limit: number): Backend {
  const open = backend.open?.bind(backend);
  const watched = (executable: Executable, graph: TypedGraph): Executable => ({
    run: (feeds) => {
      checkMemory(graph, limit, extentsOf(graph.inputs, feeds));
      return executable.run(feeds);
    },
    dispose: () => executable.dispose(),
  });
  return {
    name: backend.name,
    ...(backend.batch === undefined ? {} : { batch: backend.batch }),
    compile: async (graph) => {
      if (!isTyped(graph)) return backend.compile(graph);
      checkMemory(graph, limit);
      const executable = await backend.compile(graph);
      return isOpen(graph) ? watched(executable, graph) : executable;
    },
    ...(open && {
      open: async (file, ports, known) => {
        if (known) checkMemory(known, limit);
        const executable = await open(file, ports, known);
        return known && isOpen(known) ? watched(executable, known) : executable;
      },
    }),
  };
}

const isTyped = (graph: Graph): graph is TypedGraph => "facts" in graph;

const isOpen = ({ inputs }: Graph): boolean =>
  inputs.some(({ fact }) => fact.shape.some((dim) => typeof dim === "string"));

function extentsOf(inputs: readonly Port[], feeds: Tensors): Extents {
  const extents = new Map<string, number>();
  for (const { name, fact } of inputs) {
    const dims = feeds.get(name)?.dims ?? [];
    fact.shape.forEach((dim, i) => {
      if (typeof dim === "string" && dims[i] !== undefined) extents.set(dim, dims[i]);
    });
  }
  return extents;
}

/** @throws {MemoryLimitError} if the graph's tensors take more than `limit` bytes at once */
function checkMemory(graph: TypedGraph, limit: number, extents?: Extents): void {
  const { bytes, node } = peakMemory(graph, extents);
  if (bytes <= limit) return;
  const at = node ? ` at ${node.op} (node "${node.name}", [${node.fact.shape.join(",")}])` : "";
  throw new MemoryLimitError(
    `the graph's tensors take ${inBytes(bytes)} of memory${at}${tooMuch(limit)}`,
  );
}

/**
 * Number of tensors of the input's size in any explanation: the input, its gradient, its term, and the resized picture.
 */
const copiesOfInput = 4;

/**
 * Checks the size of an input before allocating it.
 *
 * @throws {MemoryLimitError} if that takes more than `limit` bytes
 */
export function checkInputMemory({ name, fact }: Port, limit: number): void {
  const bytes = copiesOfInput * bytesOfFact({ ...fact, dtype: "float32" });
  if (bytes <= limit) return;
  throw new MemoryLimitError(
    `input "${name}" [${fact.shape.join(",")}] and its gradient take ${inBytes(bytes)} of memory${tooMuch(limit)}`,
  );
}

const tooMuch = (limit: number): string =>
  `, more than the limit of ${inBytes(limit)}; a smaller input or batch takes less, and option maxMemory raises ` +
  "the limit";

const inBytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)} GB` : `${(bytes / 1e6).toPrecision(3)} MB`;
