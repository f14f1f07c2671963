import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { load } from "../../../src/index.js";
import { goldenTensor } from "../../support/networks.js";

const file = new URL("../../../fixtures/networks/tiny-relu.dynamo.onnx", import.meta.url);
const x = goldenTensor("tiny-relu", "input.npy");

test.each(["grad-cam", "score-cam", "guided-grad-cam"])(
  "%s takes several layers as a list or as text, and names the one that does not exist",
  async (method) => {
    const model = await load(readFileSync(file), { threads: 1 });
    const explain = async (layer: string | readonly string[]): Promise<object> => {
      const { map, samples } = await model.explain(x, { method, layer });
      return { map, layer: samples[0]!.info!["layer"] };
    };
    const both = await explain(["node_relu", "node_relu_1"]);
    expect(both).toMatchObject({ layer: "node_relu, node_relu_1" });
    expect(await explain("node_relu+node_relu_1")).toEqual(both);
    expect(await explain("node_relu")).not.toEqual(both);
    await expect(explain("node_relu+node_relu_9")).rejects.toThrow(
      /layer "node_relu_9" does not exist .*node_relu \[batch,6,8,8\], node_relu_1 \[batch,8,3,3\]/,
    );
    await model.dispose();
  },
);
