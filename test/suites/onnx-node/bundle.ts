import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { decodeTensor } from "../../../src/onnx/file/tensor-proto.js";
import type { Tensor } from "../../../src/tensor/tensor.js";

/** A row of tests.json.gz: see make.py beside it. */
interface Row {
  readonly name: string;
  readonly operator: string;
  readonly unfit?: string;
  readonly model?: string;
  readonly inputs?: string;
  readonly outputs?: string;
  readonly sameAs?: string;
}

/** A backend node test of ONNX: a model, its inputs and the expected outputs. */
export interface NodeTest {
  readonly name: string;
  /** The operator that is tested; the model may hold the body of its function instead. */
  readonly operator: string;
  /** Why its tensors are not in the bundle. */
  readonly unfit: string | undefined;
  model(): Uint8Array;
  inputs(): ReadonlyMap<string, Tensor>;
  outputs(): ReadonlyMap<string, Tensor>;
}

const file = new URL("../../../fixtures/onnx-node/tests.json.gz", import.meta.url);

/** All node tests that the package `onnx` has, in order of their names. */
export function nodeTests(): readonly NodeTest[] {
  const { tests } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { tests: Row[] };
  const byName = new Map(tests.map((row) => [row.name, row]));
  return tests.map((row) => {
    const values = row.sameAs === undefined ? row : byName.get(row.sameAs)!;
    return {
      name: row.name,
      operator: row.operator,
      unfit: row.unfit,
      model: () => Buffer.from(row.model ?? "", "base64"),
      inputs: () => tensors(values.inputs),
      outputs: () => tensors(values.outputs),
    };
  });
}

function tensors(base64 = ""): ReadonlyMap<string, Tensor> {
  const { graph } = decodeModel(Buffer.from(base64, "base64"));
  return new Map(
    (graph?.initializer ?? []).map((proto) => [
      proto.name ?? "",
      decodeTensor(proto, proto.name ?? ""),
    ]),
  );
}
