// The example of the README, with types, against the built package.
import { load, type Completeness, type Tensor } from "fullgrad";

const [modelPath, imagePath] = process.argv.slice(2) as [string, string];
const model = await load(modelPath); // a path or bytes
const x: Tensor = await model.preprocess(imagePath, "imagenet"); // [1,3,224,224]
const e = await model.explain(x, { method: "fullgrad", target: "top" });
const map: Tensor = e.map; // [1,1,224,224]
const completeness: Completeness = e.completeness;
const g = await model.fullGradient(x, { target: 285 }); // every term, signed, with its node
const terms = g.biasTerms.map(({ unit, term }) => ({
  node: unit.node,
  kind: unit.kind,
  dims: term.dims,
}));
const parts = g.samples[0]!.terms.reduce(
  (sum, t) => sum + t.value,
  g.samples[0]!.completeness.inputTerm,
);
process.stdout.write(
  JSON.stringify({
    dims: map.dims,
    score: e.score,
    conditioned: completeness.conditioned,
    terms: terms.length,
    parts,
    output: g.samples[0]!.score,
  }),
);
await model.dispose();
