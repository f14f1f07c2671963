// Explains a folder of pictures as a stream: four at once, one line of JSON for each, none held longer than needed.
//
//   npm install fullgrad
//   node explain-folder.mjs model.onnx photos/ > maps.ndjson
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FullgradError, load } from "fullgrad";

const [path = "model.onnx", folder = "photos"] = process.argv.slice(2);
const model = await load(path, { workers: 2 });

async function explain(name) {
  try {
    const picture = await model.picture(join(folder, name));
    const { target, score, completeness, map } = await model.explain(picture);
    const highest = map.data.indexOf(Math.max(...map.data));
    const [x, y] = [highest % map.dims[3], Math.floor(highest / map.dims[3])];
    return { name, target, score, remainder: completeness.conditioned, highest: { x, y } };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    return { name, error: error.message }; // one picture; the others go on
  }
}

const names = (await readdir(folder)).filter((name) => /\.(png|jpe?g|webp)$/i.test(name)).sort();
await pipeline(
  Readable.from(names).map(explain, { concurrency: 4 }),
  async function* (results) {
    for await (const result of results) yield `${JSON.stringify(result)}\n`;
  },
  process.stdout,
  { end: false },
);
await model.dispose();
