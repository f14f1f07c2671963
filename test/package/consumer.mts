import {
  decodeNpy,
  float32,
  integratedGradients,
  load,
  type Explanation,
  type Picture,
} from "fullgrad";
import { convert } from "fullgrad/convert";
import { evaluationTests } from "fullgrad/evaluate";
import { registry } from "fullgrad/onnx";
import { smallCnn } from "fullgrad/train";

export async function explain(bytes: Uint8Array): Promise<Explanation> {
  await using model = await load(bytes, { operators: registry });
  const picture: Picture = await model.picture("cat.png");
  await model.explain(picture, { method: integratedGradients({ steps: 20 }) });
  return model.explain(float32([1, 3, 8, 8], new Float32Array(192)));
}
export const others = [decodeNpy, convert, evaluationTests, smallCnn];
