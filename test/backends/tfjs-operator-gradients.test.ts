import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { writeModel } from "../../src/onnx/export.js";
import { toTfjs } from "../../src/tfjs.js";
import { operatorCases, operatorFamilies, type OperatorCase } from "../support/operator-cases.js";
import { forwardGraph } from "../unit/ops/record-check.js";

type Tf = typeof import("@tensorflow/tfjs");
type TfTensor = ReturnType<Tf["tensor"]>;

const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as Tf;

/** max |a − b| / max(1, max |b|) */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
  return b.reduce((m, v, i) => Math.max(m, Math.abs(a[i]! - v)), 0) / largest;
}

/** The case as a model with one input; all other inputs are constants. */
function modelOf({ op, attributes, inputs, opset }: OperatorCase, input: number): Uint8Array {
  const { graph } = forwardGraph({
    ...{ op, attributes, dtype: "float32" },
    inputs: inputs.map((o, i) =>
      o ? { ...o, still: o.still === true || i !== input } : undefined,
    ),
    ...(opset === undefined ? {} : { opset }),
  });
  return writeModel(graph);
}

// tfjs' own gradients are wrong for reflecting pads, average pools that pad, max-pools that round up and resizes by half
// pixels; they throw for dilated convolutions and, on wasm, for depthwise ones. All of them are among these.
describe.each(["wasm", "cpu"] as const)(
  "tf.grad through toTfjs, on %s, is PyTorch's",
  (provider) => {
    describe.each(operatorFamilies)("%s", (family) => {
      it.each(operatorCases(family).map((c): [string, OperatorCase] => [c.name, c]))(
        "%s",
        async (_, golden) => {
          const active = golden.inputs.flatMap((o, i) => (o && o.still !== true ? [i] : []));
          expect(active).toHaveLength(golden.gradients.length);
          for (const [k, input] of active.entries()) {
            const f = await toTfjs(modelOf(golden, input), { provider });
            await tf.setBackend(provider);
            const { dims, values } = golden.inputs[input]!;
            const x = tf.tensor([...values!], [...dims], "float32");
            const inner = (v: TfTensor): TfTensor => {
              const y = f.predict(v);
              return tf.sum(tf.mul(y, tf.tensor([...golden.dy], y.shape)));
            };
            const [y, gradient] = [f.predict(x), tf.grad(inner)(x)];
            expect(gradient.shape).toEqual(dims);
            expect(distance(await y.data(), golden.y), "y").toBeLessThan(2e-5);
            expect(
              distance(await gradient.data(), golden.gradients[k]!),
              `dx${input}`,
            ).toBeLessThan(2e-5);
            f.dispose();
          }
        },
      );
    });
  },
);
