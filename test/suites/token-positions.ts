import { describe, expect, it } from "vitest";
import type { Restoration } from "../../src/analysis/traced-axes.js";
import type { Backend } from "../../src/backends/backend.js";
import { toImageOrder } from "../../src/decomposition/spatial-positions.js";
import type { FullGradientResult } from "../../src/index.js";
import type { Shape } from "../../src/tensor/shape.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { relativeL2 } from "../support/compare.js";
import { formGolden, formNames, formTensor, loadForm } from "../support/forms.js";
import { newGraph } from "../support/graphs.js";

/**
 * The terms of tokens, windows and channels-last layers have PyTorch's spatial positions: compared with terms restored by
 * hand (fixtures/forms/make.py).
 */
export function termsComeToTheirPositions(backend: Backend): void {
  for (const form of formNames) {
    const { models, terms, runs } = formGolden(form);
    if (terms.length === 0) continue;
    describe.each(Object.keys(models))(
      `${form} by the %s exporter on ${backend.name}`,
      (variant) => {
        it.each(terms)("has the spatial positions of $module", async ({ file }) => {
          const model = await loadForm(form, variant, backend, runs[0]!.output);
          const full = await model.fullGradient(formTensor(form, "input.npy"));
          await model.dispose();
          const expected = formTensor(form, file);
          const errors = await Promise.all(
            restored(full, expected).map(async ({ term, restoration }) =>
              relativeL2(await putBack(backend, term, restoration, expected.dims[0]!), expected),
            ),
          );
          expect(Math.min(...errors)).toBeLessThan(1e-4);
        });
      },
    );
  }
}

/** The spatial terms of a given shape. */
function restored(
  { biasTerms }: FullGradientResult,
  expected: Tensor,
): readonly { readonly term: Tensor; readonly restoration: Restoration }[] {
  return biasTerms.flatMap(({ unit: { restoration }, term }) =>
    restoration?.shape.slice(1).join() === expected.dims.slice(1).join()
      ? [{ term, restoration }]
      : [],
  );
}

async function putBack(
  backend: Backend,
  term: Tensor,
  restoration: Restoration,
  samples: number,
): Promise<Tensor> {
  const batch = restoration.shape[0];
  const b = newGraph();
  const value = b.input("term", { dtype: "float32", shape: term.dims });
  const bind = (shape: Shape): Shape => shape.map((d) => (d === batch ? samples : d));
  const bound = {
    ...restoration,
    factors: bind(restoration.factors),
    parts: bind(restoration.parts),
    shape: bind(restoration.shape),
  };
  const result = toImageOrder(b, value, bound);
  const executable = await backend.compile(b.build([{ name: "restored", value: result }]));
  const results = await executable.run(new Map([["term", term]]));
  await executable.dispose();
  return results.get("restored")!;
}
