import { expect, test } from "vitest";
import { writeModel } from "../../../../src/onnx/export.js";
import { load } from "../../../../src/model/load.js";
import { float32 } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

test("each row of tokens [N,L,C] times a vector is its inner product, and the vector its gradient", async () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 4, 3] });
  const y = b.matmul(x, b.constant(float32([3], [1, 10, 100]), "v"));
  const model = await load(writeModel(b.build([{ name: "y", value: y }])));
  const tokens = float32([1, 4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
  expect([...(await model.predict(tokens)).data]).toEqual([321, 654, 987, 210]);
  const { inputGradient } = await model.fullGradient(tokens, { target: 2 });
  expect([...inputGradient.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 10, 100, 0, 0, 0]);
  await model.dispose();
});
