import { expect, it } from "vitest";
import { differentiate } from "../../../../src/autodiff/differentiate.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { int, text } from "../../../../src/onnx/attribute.js";
import { GraphBuilder } from "../../../../src/onnx/builder.js";
import { registry } from "../../../../src/ops/all.js";
import { float32, toNumbers } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

// Operator set 28 gave SpaceToDepth a mode; ONNX Runtime 1.30 does not know it, but runs the gradient.
it.each(["DCR", "CRD"])("SpaceToDepth sends every gradient back to its pixel: %s", async (mode) => {
  const [channels, extent, k] = [2, 4, 2];
  const forward = newGraph();
  const x = forward.input("x", { dtype: "float32", shape: [1, channels, extent, extent] });
  const y = forward.op("SpaceToDepth", [x], { blocksize: int(k), mode: text(mode) }, "y");
  const graph = forward.build([{ name: "y", value: y }]);

  const b = GraphBuilder.on(graph, registry.infer);
  const v = b.input("v", y.fact);
  const seeds = new Map([["y", v]]);
  const gradient = differentiate(b, graph, registry, seeds, new Set(["x", "y"])).of("x")!;
  const whole = b.build([{ name: "dx", value: gradient }]);
  const executable = await ortBackend({ threads: 1 }).compile({
    ...whole,
    inputs: whole.inputs.filter((i) => i.name === "v"),
  });
  const positions = Array.from({ length: channels * extent * extent }, (_, i) => i);
  const results = await executable.run(
    new Map([["v", float32([1, channels * k * k, extent / k, extent / k], positions)]]),
  );
  await executable.dispose();

  const dx = toNumbers(results.get("dx")!);
  const half = extent / k;
  for (let c = 0; c < channels; c++)
    for (let h = 0; h < extent; h++)
      for (let w = 0; w < extent; w++) {
        const block = (h % k) * k + (w % k);
        const channel = mode === "DCR" ? block * channels + c : c * k * k + block;
        const there = (channel * half + Math.floor(h / k)) * half + Math.floor(w / k);
        expect(dx[(c * extent + h) * extent + w]).toBe(there);
      }
});
