import fc from "fast-check";
import { describe, it } from "vitest";
import type { Backend } from "../../../src/backends/backend.js";
import { registry } from "../../../src/ops/all.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import { toNumbers, type Tensors } from "../../../src/tensor/tensor.js";
import { recordOf } from "../../support/graphs.js";
import { drawInputs, forwardOf } from "./application.js";
import type { Case } from "./case.js";
import { runs, seed } from "./runs.js";
import { rows } from "./table.js";

/** Relative to the largest number of an output, in float32. */
const tolerance = 2e-6;

/** Where ONNX Runtime's kernel is wrong (1.30 to 1.32), by ONNX's own reference. */
const kernelErrs: Readonly<Record<string, (c: Case) => boolean>> = {
  // One query after an earlier step, with two keys: it reads the third key too.
  Attention: ({ inputs: [query, key, , , past], attributes }) =>
    "is_causal" in attributes && past !== undefined && query!.dims.at(-2) !== key!.dims.at(-2),
  // A complex signal with a window (1.30; 1.32 is right): only imaginary parts come out.
  STFT: ({ inputs: [signal, , window] }) => signal!.dims[2] === 2 && window !== undefined,
  "com.microsoft:MultiHeadAttention": ({ inputs }) => inputs[0]!.dims.length === 5,
  // ONNX Runtime 1.30 reads the bias that is not there.
  "com.microsoft:Attention": ({ inputs }) => inputs[2] === undefined,
  // A signal of two channels, in blocks of 2 with dilation 2: columns 1 2 3 4 give [1 0 2, 4 0 0], and not [1 0 2, 3 0
  // 4].
  Col2Im: ({ inputs, attributes: { dilations } }) =>
    inputs[1]!.dims[0] === 1 && dilations?.type === "ints" && dilations.value[0]! > 1,
};

/** The input that holds earlier keys. */
const pasts: Readonly<Record<string, number>> = {
  Attention: 4,
  "com.microsoft:MultiHeadAttention": 6,
};

/** Domains of operators that the engine has kernels for. */
const withKernels = ["", "com.microsoft"];

/** Operators that ONNX Runtime's CPU has for other element types, or has dropped. */
const withoutKernel: ReadonlySet<string> = new Set([
  ...["com.microsoft:NhwcFusedConv", "com.microsoft:NhwcConv", "com.microsoft:QLinearReduceMean"],
  ...["ImageScaler", "Crop", "Affine", "Scale", "ScaledTanh", "ParametricSoftplus"],
]);

/** Levels that a kernel may be off: this one reads exponentials from a table of its own. */
const levelsOff: Readonly<Record<string, number>> = { "com.microsoft:QLinearSoftmax": 1 };

/** The definition in an operator's record equals the engine's kernel, for operators that the engine has. */
export function definitionsAreKernels(backend: Backend): void {
  const defined = rows.filter(({ op }) => {
    const { definition, domain = "" } = recordOf(op);
    return definition && withKernels.includes(domain) && !withoutKernel.has(op);
  });
  describe(`definitions equal the kernels of ${backend.name}`, () => {
    it.each(defined.map((row) => ({ op: row.op, row })))(
      "$op",
      async ({ op, row }) => {
        const cases = fc.record({ geometry: row.cases, seed: fc.noShrink(fc.nat()) });
        const property = fc.asyncProperty(cases, async ({ geometry, seed: numbers }) => {
          // ONNX Runtime's Attention wants to write all steps where there are earlier ones.
          const past = pasts[op] === undefined ? undefined : geometry.inputs[pasts[op]];
          const outputs = past ? 3 : 1;
          const c: Case = { outputs, ...geometry, op, seed: numbers };
          if (kernelErrs[op]?.(c)) return;
          const { graph } = forwardOf(c, "float32");
          const feeds = new Map(
            [...drawInputs(c, "float32").inputs.values()].map(({ name, value }) => [name, value]),
          );
          const expanded = expandDefinitions(graph, registry, () => true);
          if (expanded.nodes.some((node) => registry.of(node) === registry.get(op)))
            throw new Error("nothing was expanded");
          const [kernel, definition] = [
            await results(backend, graph, feeds),
            await results(backend, expanded, feeds),
          ];
          for (const { name } of graph.outputs) {
            const [p, q] = [toNumbers(kernel.get(name)!), toNumbers(definition.get(name)!)];
            const size = Math.max(1, ...Array.from(p, Math.abs));
            const at = Array.from(p).findIndex(
              (v, i) => !(Math.abs(v - q[i]!) <= tolerance * size + (levelsOff[op] ?? 0)),
            );
            if (p.length !== q.length || at >= 0) {
              throw new Error(`${name}[${at}] is ${q[at]!}, and ${p[at]!} by the kernel`);
            }
          }
        });
        await fc.assert(property, { numRuns: Math.ceil(runs * (row.effort ?? 1)), seed });
      },
      600_000,
    );
  });
}

async function results(
  backend: Backend,
  graph: Parameters<Backend["compile"]>[0],
  feeds: Tensors,
): Promise<Tensors> {
  const executable = await backend.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}
