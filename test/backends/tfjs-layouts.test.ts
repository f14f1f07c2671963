import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { startEngine } from "../../src/backends/tfjs/engine.js";
import { ProgramRunner } from "../../src/backends/tfjs/execute/program-runner.js";
import { channelsLast } from "../../src/backends/tfjs/layout.js";
import { lowerGraph } from "../../src/backends/tfjs/lower/lower-graph.js";
import { specialize } from "../../src/backends/tfjs/specialize.js";
import { float32 } from "../../src/tensor/tensor.js";
import { ints } from "../../src/onnx/attribute.js";
import { newGraph } from "../support/graphs.js";
import { Random } from "../support/random.js";

const random = new Random(5);
const numbers = (dims: readonly number[]): Float32Array =>
  Float32Array.from(
    random.many(
      dims.reduce((p, d) => p * d, 1),
      -1,
      1,
    ),
  );

it("a program with channels-last inputs and outputs transposes only weights", async () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 3, 8, 6] });
  const weight = b.constant(float32([4, 3, 3, 3], numbers([4, 3, 3, 3])), "weight");
  const y = b.op("Relu", [b.op("Conv", [x, weight], { pads: ints([1, 0, 1, 0]) })]);
  const graph = specialize(b.build([{ name: "y", value: y }]), new Map([["x", [2, 3, 8, 6]]]));
  const nhwc = channelsLast(4);
  const engine = await startEngine("cpu");
  const plain = new ProgramRunner(engine, lowerGraph(graph));
  const last = new ProgramRunner(
    engine,
    lowerGraph(graph, {
      layouts: new Map([
        ["x", nhwc],
        ["y", nhwc],
      ]),
    }),
  );
  const transposes = ({ program }: ProgramRunner): number =>
    program.steps.filter((step) => step.op === "Transpose").length;
  expect([transposes(plain), transposes(last)]).toEqual([3, 1]);

  const image = tf.tensor(numbers([2, 3, 8, 6]), [2, 3, 8, 6]);
  const [expected] = plain.run([image]);
  const [actual] = last.run([tf.transpose(image, [...nhwc])]);
  expect(actual!.shape).toEqual([2, 8, 4, 4]);
  expect(tf.transpose(actual!, [0, 3, 1, 2]).dataSync()).toEqual(expected!.dataSync());
  plain.dispose();
  last.dispose();
});
