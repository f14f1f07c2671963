import { expect, test } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { registry } from "../../../src/ops/all.js";
import { float32 } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

const x = float32([1, 3], [0.3, -1.2, 0.7]);

/** x·σ(x) + 1 */
function gate() {
  const b = newGraph();
  const input = b.input("x", { dtype: "float32", shape: ["N", 3] });
  const product = b.mul(input, b.op("Sigmoid", [input], {}, "open"), "gate");
  return b.build([{ name: "y", value: b.addScalar(product, 1, "shifted") }]);
}

test("every node of a right decomposition hands on all that it gets", async () => {
  const session = new Session(gate(), registry, ortBackend({ threads: 1 }));
  const gaps = await session.bisect(x, 2);
  expect(gaps.map((g) => g.node).sort()).toEqual(["gate", "open", "shifted", "y/output"]);
  for (const { conditioned } of gaps) expect(conditioned).toBeLessThan(1e-6);
  await session.dispose();
});

test("a wrong bias rule is named by its node, first of all", async () => {
  const broken = registry.with({ Mul: { bias: () => "none" } });
  const session = new Session(gate(), broken, ortBackend({ threads: 1 }));
  const [worst, next] = await session.bisect(x, 2);
  expect(worst!.node).toBe("gate");
  // What a gate loses without its bias −y: −0.7·σ(0.7).
  expect(worst!.residual).toBeCloseTo(-0.7 / (1 + Math.exp(-0.7)), 5);
  expect(next!.conditioned).toBeLessThan(1e-6);
  await session.dispose();
});
