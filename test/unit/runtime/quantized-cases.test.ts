import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { load } from "../../../src/model/load.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { runModel } from "../../support/run-model.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}`, import.meta.url));
const tensor = (name: string): Tensor => decodeNpy(readFileSync(file(name)));

test.each([
  ["levels between QuantizeLinear and DequantizeLinear", "q_qdq", "q_qdq.straight"],
  ["operators of integers", "q_qop", "q_qdq.straight"],
  ["ranges that a run finds", "q_dynamic", "q_dynamic.straight"],
  ["activations inside convolutions", "opt_ext", "q.ref"],
])("%s: ONNX Runtime's score and PyTorch's float64 gradient (%s)", async (_, name, reference) => {
  const path = file(`${name}.ort.onnx`);
  const x = tensor("q.x.npy");
  const logits = toNumbers(
    [...(await runModel(readFileSync(path), new Map([["in0", x]]))).values()][0]!,
  );
  const model = await load(path);
  const full = await model.fullGradient(x, { target: "top" });
  const [{ score, completeness }] = full.samples as [(typeof full.samples)[0]];
  expect(score).toBeCloseTo(Math.max(...Array.from(logits)), 6);
  expect(relativeL2(full.inputGradient, tensor(`${reference}.npy`))).toBeLessThan(1e-6);
  expect(completeness.conditioned).toBeLessThan(1e-6);
  await model.dispose();
});

test.each(["q_qdq", "q_dynamic"])("TensorFlow.js has the same gradient of %s", async (name) => {
  await using model = await load(file(`${name}.ort.onnx`), { backend: "tfjs" });
  const full = await model.fullGradient(tensor("q.x.npy"), { target: "top" });
  expect(relativeL2(full.inputGradient, tensor(`${name}.straight.npy`))).toBeLessThan(1e-6);
  expect(full.samples[0]!.completeness.conditioned).toBeLessThan(1e-6);
});

test("a dynamically quantized network has nearly the float network's gradient", async () => {
  const model = await load(file("q_dynamic.ort.onnx"));
  const full = await model.fullGradient(tensor("q.x.npy"), { target: "top" });
  expect(relativeL2(full.inputGradient, tensor("q.ref.npy"))).toBeLessThan(0.01);
  await model.dispose();
});

test("a file in the layout of one machine is refused with the level to save it at", async () => {
  const model = await load(file("opt_all.ort.onnx"));
  const attempt = model.fullGradient(tensor("q.x.npy"), { target: "top" });
  await expect(attempt).rejects.toThrow(
    /com\.microsoft\.nchwc:Conv.*save it at level extended or basic/,
  );
  await model.dispose();
});

test("a map of a quantized network says that gradients pass its rounding, and where no gradient is used nothing", async () => {
  const model = await load(file("q_qop.ort.onnx"));
  const [plain, blind] = [
    await model.explain(tensor("q.x.npy")),
    await model.explain(tensor("q.x.npy"), { method: "occlusion" }),
  ];
  // QuantizeLinear, two QLinearConv, QLinearGlobalAveragePool, QGemm.
  expect(plain.samples[0]!.notes).toMatchObject([{ code: "straight-through", value: 5 }]);
  expect(blind.samples[0]!.notes.map(({ code }) => code)).not.toContain("straight-through");
  await model.dispose();
});

test("its gradient is not compared with differences of steps", async () => {
  const model = await load(file("q_qop.ort.onnx"));
  const attempt = model.verify(tensor("q.x.npy"), { gradient: true });
  await expect(attempt).rejects.toThrow(/straight through 5 rounding nodes of this model/);
  await model.dispose();
});
