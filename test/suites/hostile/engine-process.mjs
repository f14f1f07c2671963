/**
 * A process that takes models from its parent and sends them through the engine: load, predict, explain, convert. What
 * ends it, such as a crash of the engine, is the parent's to count. Plain JavaScript on the built package.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [dist, folder, maxMemory] = process.argv.slice(2);
const from = (path) => import(pathToFileURL(join(dist, path)).href);
const { FullgradError, load, isComplete, float32 } = await from("src/index.js");
const { convertToOnnx } = await from("converters/onnx/onnx-to-fullgrad-onnx.js");
const { describeConversion } = await from("converters/onnx/describe-conversion.js");
const { writeOnnxFile } = await from("converters/onnx/write-onnx-file.js");
const { tryOnnxFile } = await from("converters/onnx/try-onnx-file.js");
const { toNumbers } = await from("src/tensor/tensor.js");
const { default: ort } = await import("onnxruntime-node");

/** Numbers in [−1, 1) that depend on their position alone. */
function sample(dims) {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i + 1, 0x9e3779b1) >> 1) / 2 ** 30;
  return float32(dims, data);
}

/** The first output of the file itself on ONNX Runtime; undefined where it refuses the file or the run. */
async function ownOutput(bytes, x, output) {
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    });
    const [name] = session.inputNames;
    if (session.inputNames.length !== 1) return undefined;
    const { type } = session.inputMetadata[0];
    if (type !== "float32") return undefined;
    return (await session.run({ [name]: new ort.Tensor("float32", x.data, x.dims) }))[output];
  } catch {
    return undefined;
  } finally {
    await session?.release();
  }
}

/** Why the file has no output to compare with: docs/robustness.md, "Outputs that differ". */
function incomparable({ nodes, constants }) {
  if (nodes.some(({ op }) => /^Random|^Bernoulli$|^Multinomial$/.test(op))) return "random numbers";
  const weights = [...constants.values()].filter((t) => t.dtype !== "string");
  if (weights.some((t) => toNumbers(t).some(Number.isNaN))) return "NaN weights";
  const hasOnePlace = (node) => {
    const size = constants.get(node.inputs[1]);
    return size && toNumbers(size).slice(2).includes(1) && node.attributes.align_corners?.value;
  };
  const grids = nodes.filter((node) => node.op === "AffineGrid");
  return grids.some(hasOnePlace) ? "a grid with an axis of one place" : undefined;
}

/** Largest difference, as a part of the largest number; where one is not finite, both must be the same. */
function distance(p, q) {
  if (p.length !== q.length) return Infinity;
  let [difference, size] = [0, 1e-30];
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [Number(p[i]), Number(q[i])];
    if (Object.is(a, b) || a === b) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
    size = Math.max(size, Math.abs(a), Math.abs(b));
  }
  return difference / size;
}

async function face(bytes) {
  const found = [];
  const note = (stage, error) => {
    if (!(error instanceof FullgradError)) throw error;
    const isRefusal =
      error.name === "BackendError" && /rejects the (graph|file)/.test(error.message);
    found.push(`${stage}: ${error.name}${isRefusal ? " (refused by the engine)" : ""}`);
    return { message: error.message };
  };
  let model;
  try {
    model = await load(bytes, { threads: 1, maxMemory: Number(maxMemory) });
  } catch (error) {
    return { found, ...note("load", error) };
  }
  let message = "";
  try {
    const { input, output } = model.inspect();
    if (!input || !output) return { found: ["inspect: nothing to explain"], message };
    model.checkInputMemory();
    const dims = input.shape.map((d, i) => (typeof d === "number" ? d : i === 0 ? 1 : 8));
    const x = sample(dims);
    try {
      const y = await model.predict(x);
      const reason = incomparable(model.imported);
      const own = reason ? undefined : await ownOutput(bytes, x, output.name);
      const apart = own && own.type === y.dtype ? distance(own.data, y.data) : undefined;
      if (reason) found.push(`predict: not compared (${reason})`);
      else if (apart === undefined) found.push("predict");
      else found.push(apart < 1e-3 ? "predict: equal" : "predict: DIFFERS");
      if (apart >= 1e-3) message += `differs by ${apart} `;
    } catch (error) {
      message += note("predict", error).message;
    }
    try {
      const { completeness } = await model.explain(x);
      found.push(isComplete(completeness) ? "explain: complete" : "explain: incomplete");
    } catch (error) {
      message += note("explain", error).message;
    }
    try {
      const conversion = convertToOnnx(model.imported, {});
      const about = {
        version: "0",
        file: "m",
        sha256: createHash("sha256").update(bytes).digest("hex"),
      };
      const path = join(folder, "converted.onnx");
      await writeOnnxFile(path, describeConversion(conversion, {}, about), {
        check: (file) => tryOnnxFile(file, conversion.graph, Number(maxMemory)),
      });
      rmSync(path);
      found.push("convert");
    } catch (error) {
      message += note("convert", error).message;
    }
    return { found, message };
  } catch (error) {
    return { found, ...note("inspect", error) };
  } finally {
    await model.dispose();
  }
}

process.on("message", async ({ number, bytes }) => {
  let answer;
  try {
    answer = await face(bytes);
  } catch (error) {
    answer = { found: ["untyped"], message: error instanceof Error ? error.stack : String(error) };
  }
  process.send({ number, ...answer, megabytes: process.resourceUsage().maxRSS / 1024 });
});
process.send({ ready: true });
