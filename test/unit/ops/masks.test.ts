import { expect, test } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { int } from "../../../src/onnx/attribute.js";
import { registry } from "../../../src/ops/all.js";
import { float32, tensor } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

const x = float32([1, 3], [0.3, -1.2, 0.7]);

test.each(["Add", "Where"])(
  "a masked softmax adds up where the mask is -infinity, written with %s",
  async (op) => {
    const b = newGraph();
    const input = b.input("x", { dtype: "float32", shape: [1, 3] });
    const scores = b.mulScalar(input, 2);
    const masked =
      op === "Add"
        ? b.add(scores, b.constant(float32([1, 3], [0, -Infinity, 0])))
        : b.where(
            b.constant(tensor("bool", [1, 3], Uint8Array.from([1, 0, 1]))),
            scores,
            b.constant(float32([], [-Infinity])),
          );
    const y = b.mul(b.op("Softmax", [masked], { axis: int(-1) }), input);
    const session = new Session(
      b.build([{ name: "y", value: y }]),
      registry,
      ortBackend({ threads: 1 }),
    );
    const [sample] = await session.verify(x, 2);
    // The softmax over two: 1 / (1 + exp(2·0.3 − 2·0.7)), times 0.7.
    expect(sample!.score).toBeCloseTo(0.7 / (1 + Math.exp(-0.8)), 5);
    expect(sample!.completeness.conditioned).toBeLessThan(1e-6);
    await session.dispose();
  },
);
