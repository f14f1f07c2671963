import { arch, availableParallelism, cpus, freemem, platform, totalmem } from "node:os";
import { completenessTolerance } from "../../decomposition/completeness.js";
import { load } from "../../model/load.js";
import { encodeModel } from "../../onnx/file/encode.js";
import type { ModelProto, ValueInfoProto } from "../../onnx/file/schema.js";
import { float32 } from "../../tensor/tensor.js";
import { exitCodes, messageOf } from "../exit-codes.js";
import { Reporter, type Io, type ReporterOptions } from "../output/reporter.js";
import { table } from "../output/tables.js";
import { optionalPackages, versions } from "../package-files.js";

/** What the explanation of a tiny network came to. */
interface SelfCheck {
  readonly ok: boolean;
  /** The remainder, relative to the sum of the terms' absolute values. */
  readonly conditioned?: number;
  readonly error?: string;
}

/** `fullgrad doctor`: versions, machine, optional packages, and a self-check. Returns the exit code. */
export async function doctor(flags: ReporterOptions, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const packages = optionalPackages();
  const check = await checkEngine();
  const machine = {
    platform: platform(),
    arch: arch(),
    processor: cpus()[0]?.model ?? "unknown",
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    freeBytes: freemem(),
  };
  reporter.document({ versions: versions(), machine, packages, selfCheck: check });
  const { fullgrad, node, onnxruntime } = versions();
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const rows: string[][] = [
    ["fullgrad", fullgrad, ""],
    ["Node", node, `${machine.platform} ${machine.arch}`],
    ["processor", `${machine.threads} threads`, machine.processor],
    [
      "memory",
      gigabytes(machine.memoryBytes),
      `${gigabytes(machine.freeBytes)} free; --max-memory is half of it`,
    ],
    [
      "onnxruntime-node",
      onnxruntime ?? "missing",
      onnxruntime === null
        ? "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node"
        : "--backend ort",
    ],
    ...packages.map(({ name, version }) => [
      name,
      version ?? "not installed",
      version === null ? `optional: npm install ${name}` : "optional",
    ]),
    ["self-check", check.ok ? "passed" : "FAILED", selfCheckText(check)],
  ];
  reporter.line(table(["", "version", ""], rows));
  if (!check.ok) reporter.error(`the self-check failed: ${selfCheckText(check)}`);
  return check.ok ? exitCodes.done : exitCodes.failed;
}

function selfCheckText({ conditioned, error }: SelfCheck): string {
  if (error !== undefined) return error;
  return `a convolutional network adds up to ${(conditioned ?? NaN).toExponential(1)} (at most ${completenessTolerance})`;
}

/** Explains a network of two classes whose score is known: relu(1·0.5 + 0.25) = 0.75 at every pixel. */
async function checkEngine(): Promise<SelfCheck> {
  try {
    const model = await load(encodeModel(tinyNetwork));
    try {
      const x = float32([1, 1, 4, 4], new Float32Array(16).fill(0.5));
      const { score, completeness } = await model.explain(x, { target: 0 });
      const { conditioned } = completeness;
      const ok = Math.abs(score - 0.75) < 1e-6 && conditioned <= completenessTolerance;
      return {
        ok,
        conditioned,
        ...(ok ? {} : { error: `the score is ${score} and should be 0.75` }),
      };
    } finally {
      await model.dispose();
    }
  } catch (error) {
    return { ok: false, error: messageOf(error) };
  }
}

const values = (name: string, ...shape: number[]): ValueInfoProto => {
  const dim = shape.map((d) => ({ dimValue: BigInt(d) }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
};

const weights = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
  name,
  dataType: 1,
  dims: BigInt64Array.from(dims, BigInt),
  floatData: Float32Array.from(numbers),
});

/** A convolution of two channels, ReLU and the mean over space. */
const tinyNetwork: ModelProto = {
  irVersion: 8n,
  producerName: "fullgrad doctor",
  opsetImport: [{ domain: "", version: 17n }],
  graph: {
    name: "main",
    node: [
      { opType: "Conv", input: ["x", "w", "b"], output: ["c"], name: "conv" },
      { opType: "Relu", input: ["c"], output: ["r"], name: "relu" },
      { opType: "GlobalAveragePool", input: ["r"], output: ["p"], name: "pool" },
      { opType: "Flatten", input: ["p"], output: ["y"], name: "flatten" },
    ],
    initializer: [weights("w", [2, 1, 1, 1], [1, -1]), weights("b", [2], [0.25, 1])],
    input: [values("x", 1, 1, 4, 4)],
    output: [values("y", 1, 2)],
  },
};
