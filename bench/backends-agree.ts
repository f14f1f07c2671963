/**
 * Compares the back ends with ONNX Runtime: class, score, FullGrad map and remainder of a photograph. Exits with 1 if a
 * class differs, or a map by more than 1e-3 in relative L2.
 *
 * usage: node dist/bench/backends-agree.js PROVIDER,... IMAGE MODEL.onnx ...
 * (tfjs' providers, for example wasm,node; the image is preprocessed as for ImageNet)
 */
import { load, toNumbers, type LoadOptions, type Tensor } from "../src/index.js";

const limit = 1e-3;

/** Relative L2 distance of a from b. */
function distance(a: Tensor, b: Tensor): number {
  const [p, q] = [toNumbers(a), toNumbers(b)];
  let [difference, size] = [0, 0];
  for (let i = 0; i < q.length; i++) {
    difference += (p[i]! - q[i]!) ** 2;
    size += q[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

async function explain(
  file: string,
  image: string,
  options: LoadOptions,
): Promise<{ target: number | string; score: number; conditioned: number; map: Tensor }> {
  const model = await load(file, options);
  try {
    const x = await model.preprocess(image, "imagenet");
    const { target, score, completeness, map } = await model.explain(x);
    return { target, score, conditioned: completeness.conditioned, map };
  } finally {
    await model.dispose();
  }
}

const [providers, image, ...files] = process.argv.slice(2);
if (providers === undefined || image === undefined || files.length === 0) {
  process.stderr.write("usage: node backends-agree.js PROVIDER,... IMAGE MODEL.onnx ...\n");
  process.exitCode = 2;
} else {
  process.stdout.write("| model | back end | class | score | conditioned | map, from ort |\n");
  process.stdout.write("| --- | --- | --- | --- | --- | --- |\n");
  for (const file of files) {
    const expected = await explain(file, image, { backend: "ort" });
    const others = ["ort", ...providers.split(",")].map((p) => [p, `tfjs-${p}`] as const);
    for (const [provider, name] of others) {
      const isFirst = provider === "ort";
      const found = isFirst ? expected : await explain(file, image, { backend: "tfjs", provider });
      const { target, score, conditioned, map } = found;
      const off = distance(map, expected.map);
      const cells = [target, score.toFixed(4), conditioned.toExponential(1), off.toExponential(1)];
      const label = isFirst ? "ort" : name;
      process.stdout.write(`| ${file} | ${label} | ${cells.join(" | ")} |\n`);
      if (target !== expected.target || !(off <= limit)) process.exitCode = 1;
    }
  }
}
