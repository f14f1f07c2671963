import { readdirSync, readFileSync } from "node:fs";
import onnxProto from "onnx-proto";
import protobuf from "protobufjs/minimal.js";
import { describe, expect, it } from "vitest";
import { ModelFormatError } from "../../../src/errors.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { encodeModel } from "../../../src/onnx/file/encode.js";
import { importModel } from "../../../src/onnx/import/import.js";
import { MAX_MESSAGE_DEPTH } from "../../../src/onnx/file/limits.js";
import { AttributeType, schema, type ModelProto } from "../../../src/onnx/file/schema.js";
import { graphAttribute, ints, model, node, smallModel } from "./small-models.js";

const witness = onnxProto.onnx.ModelProto;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A message as plain JSON with 64-bit integers as text, for comparing two decoders. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}

function asWitnessSees(bytes: Uint8Array): unknown {
  return witness.toObject(witness.decode(bytes), { longs: String, bytes: String });
}

const rich: ModelProto = model({
  node: [
    node("Everything", ["a", ""], ["b"], {
      name: "n",
      domain: "my.domain",
      docString: "größer als ASCII: Δ 🜚",
      attribute: [
        { name: "f", f: -0.5, type: AttributeType.FLOAT },
        { name: "i", i: INT64_MIN, type: AttributeType.INT },
        { name: "s", s: new TextEncoder().encode("text"), type: AttributeType.STRING },
        { name: "floats", floats: Float32Array.of(1.5, -2), type: AttributeType.FLOATS },
        ints("ints", 0n, -1n, 300n, INT64_MAX, INT64_MIN),
        { name: "strings", strings: [Uint8Array.of(0, 255)], type: AttributeType.STRINGS },
        graphAttribute("g", { name: "inner", node: [node("Relu", ["b"], ["c"])] }),
      ],
    }),
  ],
  initializer: [
    {
      name: "int64s",
      dataType: 7,
      dims: BigInt64Array.of(2n),
      int64Data: BigInt64Array.of(INT64_MAX, -1n),
    },
    {
      name: "uint64s",
      dataType: 13,
      dims: BigInt64Array.of(1n),
      uint64Data: BigUint64Array.of(2n ** 64n - 1n),
    },
    {
      name: "int32s",
      dataType: 6,
      dims: BigInt64Array.of(2n),
      int32Data: Int32Array.of(-(2 ** 31), 7),
    },
    {
      name: "doubles",
      dataType: 11,
      dims: BigInt64Array.of(1n),
      doubleData: Float64Array.of(Math.PI),
    },
    {
      name: "raw",
      dataType: 2,
      dims: BigInt64Array.of(3000n),
      rawData: new Uint8Array(3000).fill(9),
    },
    {
      name: "external",
      dataType: 1,
      externalData: [{ key: "location", value: "weights.bin" }],
      dataLocation: 1,
    },
  ],
});

describe("the codec agrees with onnx-proto", () => {
  it("which decodes our encoding to the same fields", () => {
    expect(asWitnessSees(encodeModel(rich))).toEqual(plain(rich));
  });

  it("whose encoding we decode to the same fields", () => {
    const bytes = witness.encode(witness.fromObject(plain(rich) as object)).finish();
    expect(plain(decodeModel(bytes))).toEqual(asWitnessSees(bytes));
  });

  const folder = new URL("../../../fixtures/networks/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
  it.each(files)("about %s, which we write back byte for byte", (name) => {
    const bytes = readFileSync(new URL(name, folder));
    const decoded = decodeModel(bytes);
    expect(Buffer.compare(encodeModel(decoded), bytes)).toBe(0);
    expect(withoutNewFields(plain(decoded))).toEqual(withoutNewFields(asWitnessSees(bytes)));
  });
});

/** onnx-proto supports IR version 8 and drops the later metadata of nodes and values. */
function withoutNewFields(value: unknown): unknown {
  const drop = (key: string, v: unknown): unknown => (key === "metadataProps" ? undefined : v);
  return JSON.parse(JSON.stringify(value, drop));
}

describe("the schema", () => {
  it("names only messages that exist", () => {
    for (const fields of Object.values(schema)) {
      for (const { message } of fields.values()) {
        if (message !== undefined) expect(schema).toHaveProperty(message);
      }
    }
  });
});

describe("decoding", () => {
  it("keeps unknown fields, nested ones too, and writes them back", () => {
    const future = Uint8Array.of(0xfa, 0x3f, 3, 1, 2, 3); // field 1023, three bytes
    const known = model({ node: [{ ...node("Relu", ["x"], ["y"]), unknownFields: [future] }] });
    const bytes = encodeModel({ ...known, unknownFields: [future, future] });
    const decoded = decodeModel(bytes);
    expect(decoded.unknownFields).toEqual([future, future]);
    expect(decoded.graph?.node?.[0]?.unknownFields).toEqual([future]);
    expect(encodeModel(decoded)).toEqual(bytes);
  });

  it("keeps 64-bit integers exact", () => {
    const decoded = decodeModel(encodeModel(rich));
    expect(decoded.graph?.node?.[0]?.attribute?.[4]?.ints).toEqual(
      BigInt64Array.of(0n, -1n, 300n, INT64_MAX, INT64_MIN),
    );
    expect(decoded.graph?.initializer?.[1]?.uint64Data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
  });

  it("gives raw data its own buffer at any file offset", () => {
    const bytes = encodeModel(smallModel);
    for (let shift = 0; shift < 8; shift++) {
      const file = new Uint8Array(bytes.length + shift);
      file.set(bytes, shift);
      const raw = decodeModel(Buffer.from(file.buffer, shift)).graph?.initializer?.[0]?.rawData;
      expect(raw?.byteOffset).toBe(0);
      expect(raw?.buffer).not.toBe(file.buffer);
      expect(new Float32Array(raw!.buffer)[8]).toBe(2);
    }
  });

  it("accepts lists packed, unpacked and mixed", () => {
    const writer = new protobuf.Writer();
    writer
      .uint32((8 << 3) | 2)
      .uint32(2)
      .uint32(1)
      .uint32(2); // ints, packed: 1 2
    writer.uint32(8 << 3).uint32(3); // 3
    writer
      .uint32((8 << 3) | 2)
      .uint32(1)
      .uint32(4); // 4
    const attribute = writer.finish();
    const [shell] = model({ node: [{ attribute: [{ unknownFields: [attribute] }] }] }).graph!.node!;
    const decoded = decodeModel(encodeModel(model({ node: [shell!] })));
    expect(decoded.graph?.node?.[0]?.attribute?.[0]?.ints).toEqual(
      BigInt64Array.of(1n, 2n, 3n, 4n),
    );
  });
});

describe("a damaged file", () => {
  const bytes = encodeModel(smallModel);

  it("is a ModelFormatError at every truncation", async () => {
    for (let length = 0; length < bytes.length; length++) {
      const load = async (): Promise<unknown> =>
        importModel(decodeModel(bytes.subarray(0, length)));
      await expect(load(), `cut at ${length}`).rejects.toThrow(ModelFormatError);
    }
  });

  it("gives a ModelFormatError or a model for any wrong byte", async () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const broken = bytes.slice();
        broken[at]! ^= flip;
        try {
          await importModel(decodeModel(broken));
        } catch (error) {
          expect(error, `byte ${at}`).toHaveProperty("message");
          expect((error as Error).name).toMatch(
            /ModelFormatError|UnsupportedModelError|ExternalData/,
          );
        }
      }
    }
  });

  it("is reported with the field being read", () => {
    const cut = bytes.subarray(0, bytes.indexOf("kernel_shape".charCodeAt(0), 60));
    expect(() => decodeModel(cut)).toThrow(/ModelProto\.graph.* at byte \d+ of \d+/);
    const wrong = encodeModel(
      model({ node: [{}, { attribute: [{ unknownFields: [Uint8Array.of(8, 1)] }] }] }),
    );
    expect(() => decodeModel(wrong)).toThrow(
      "reading ModelProto.graph.node[1].attribute[0].name failed",
    );
    expect(() => decodeModel(wrong)).toThrow("wire type 0, but the field requires 2");
  });

  it("cannot exceed the nesting limit", () => {
    let graph = { node: [node("Relu", ["x"], ["y"])] };
    for (let i = 0; i < MAX_MESSAGE_DEPTH / 2; i++) {
      graph = { node: [node("If", [], [], { attribute: [graphAttribute("then_branch", graph)] })] };
    }
    expect(() => decodeModel(encodeModel(model(graph)))).toThrow(/nested deeper than 100/);
  });
});

describe("a file of another format", () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  it.each([
    ["an empty file", new Uint8Array(0), /empty; export .*torch\.onnx\.export/],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), /PNG image/],
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), /JPEG image/],
    ["a .pth file", text("PK\x03\x04 data.pkl"), /zip archive, as PyTorch's .*torch\.onnx\.export/],
    ["a text", text("hello, I am not a model\n"), /is text/],
    ["an LFS pointer", text("version https://git-lfs.github.com/spec/v1\noid"), /git lfs pull/],
    [
      "noise",
      Uint8Array.from({ length: 64 }, (_, i) => (i * 151 + 200) % 256),
      /not an ONNX model/,
    ],
  ])("%s is named", (_, bytes, message) => {
    expect(() => decodeModel(bytes)).toThrow(ModelFormatError);
    expect(() => decodeModel(bytes)).toThrow(message);
  });
});
