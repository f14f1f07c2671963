import { load, decodeNpy, float32, type Explanation } from "fullgrad";
import { loadTfjs } from "fullgrad/tfjs";
import { smallCnn } from "fullgrad/train";

export async function explain(bytes: Uint8Array): Promise<Explanation> {
  const model = await load(bytes);
  return model.explain(float32([1, 3, 8, 8], new Float32Array(192)));
}
export const others = [decodeNpy, loadTfjs, smallCnn];
