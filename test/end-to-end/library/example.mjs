// The same in plain JavaScript.
import { load } from "fullgrad";
import { decodeModel, importModel, printGraph } from "fullgrad/onnx";
import { readFileSync } from "node:fs";

const [modelPath, imagePath] = process.argv.slice(2);
const model = await load(modelPath);
const x = await model.preprocess(imagePath, "imagenet");
const { map, score, completeness } = await model.explain(x);
const graph = await importModel(decodeModel(readFileSync(modelPath)));
process.stdout.write(
  JSON.stringify({
    dims: map.dims,
    score,
    conditioned: completeness.conditioned,
    printed: printGraph(graph).includes("Conv("),
  }),
);
await model.dispose();
