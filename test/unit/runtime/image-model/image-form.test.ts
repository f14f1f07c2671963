import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLayout } from "../../../../src/analysis/image-axes.js";
import { ImageForm } from "../../../../src/runtime/image-model/image-form.js";
import { realReading } from "../../../../src/runtime/image-model/integer-image.js";
import { int } from "../../../../src/onnx/attribute.js";
import { dataTypeOf } from "../../../../src/onnx/file/element-types.js";
import type { Graph, Node } from "../../../../src/onnx/ir.js";
import type { DType } from "../../../../src/tensor/dtype.js";
import { sizeOf } from "../../../../src/tensor/shape.js";
import { float32, toNumbers } from "../../../../src/tensor/tensor.js";
import { emptyGraph } from "../../../support/graphs.js";

const formOf = (layout: string, shape: readonly number[]): ImageForm =>
  new ImageForm(
    parseLayout(layout, shape),
    { name: "x", fact: { dtype: "float32", shape } },
    false,
  );

describe("an input as image", () => {
  test("comes back as it was, whatever the order of its axes", () => {
    const letters = fc.shuffledSubarray(["N", "C", "H", "W", "D", "T"], { minLength: 1 });
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 6, maxLength: 6 }),
        (list, sizes) => {
          const dims = list.map((_, i) => sizes[i]!);
          const x = float32(
            dims,
            Float32Array.from({ length: sizeOf(dims) }, (_, i) => i),
          );
          const form = formOf(list.join(""), dims);
          const image = form.toImage(x);
          expect(sizeOf(image.dims)).toBe(sizeOf(dims));
          const back = form.fromImage(image);
          expect(back.dims).toEqual(dims);
          expect(Array.from(toNumbers(back))).toEqual(Array.from(toNumbers(x)));
        },
      ),
    );
  });

  test("has its channels second: by hand", () => {
    const x = float32(
      [1, 2, 3, 2],
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    const image = formOf("NHWC", [1, 2, 3, 2]).toImage(x);
    expect(image.dims).toEqual([1, 2, 2, 3]);
    expect(Array.from(toNumbers(image))).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  });

  test("that does not fit is refused in the words of the file", () => {
    const form = formOf("NHWC", [1, 2, 3, 2]);
    expect(() => form.toImage(float32([1, 2, 2, 3], new Float32Array(12)))).toThrow(
      'input "x" takes [1,2,3,2], not [1,2,2,3]',
    );
  });
});

describe("integers", () => {
  const cast = (from: string, to: string, dtype: DType): Node =>
    nodeOf("Cast", from, to, { to: int(dataTypeOf(dtype)) });
  const nodeOf = (
    op: string,
    from: string,
    to: string,
    attributes: Node["attributes"] = {},
  ): Node => ({
    ...{ name: to, op, domain: "", inputs: [from], outputs: [to], attributes },
  });
  const graphOf = (dtype: DType, nodes: readonly Node[]): Graph => ({
    ...emptyGraph(),
    inputs: [{ name: "x", fact: { dtype, shape: [1, 3, 4, 4] } }],
    nodes,
  });

  test("that are moved and then cast to floats are real numbers", () => {
    const nodes = [
      nodeOf("Transpose", "x", "a"),
      cast("a", "b", "float16"),
      nodeOf("Relu", "b", "c"),
    ];
    expect(realReading(graphOf("uint8", nodes), "x")?.nodes).toEqual(nodes);
  });

  test("lose a cast to wider integers on the way, and not one to narrower ones", () => {
    const wider = [cast("x", "a", "int32"), cast("a", "b", "float32")];
    expect(realReading(graphOf("uint8", wider), "x")?.nodes.map((n) => n.op)).toEqual([
      "Identity",
      "Cast",
    ]);
    const narrower = [cast("x", "a", "int8"), cast("a", "b", "float32")];
    expect(realReading(graphOf("uint8", narrower), "x")).toBeUndefined();
  });

  test.each(["Gather", "Equal", "Mod"])("that a %s reads are integers", (op) => {
    const reader = { ...nodeOf(op, "x", "a"), inputs: ["table", "x"] };
    expect(realReading(graphOf("int64", [reader]), "x")).toBeUndefined();
  });
});
