import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.js";
import { decodeNpy, encodeNpy } from "../../../src/tensor/npy.js";
import { float32, fromNumbers } from "../../../src/tensor/tensor.js";

/** A file in the format of numpy 2.4 with the given header text. */
function npy(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const counted = [text.length & 255, text.length >> 8, ...(version > 1 ? [0, 0] : [])];
  return Uint8Array.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    version,
    0,
    ...counted,
    ...text,
    ...Array.from(data),
  ]);
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }   \n`;

describe("encodeNpy", () => {
  test("writes numpy's header, aligned to 64 bytes", () => {
    const bytes = encodeNpy(float32([2, 1], [1.5, -2]));
    const text = new TextDecoder("latin1").decode(bytes.subarray(0, 128));
    expect(text.slice(1, 8)).toBe("NUMPY\x01\x00");
    expect(text.slice(10).trim()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }",
    );
    expect(text.at(-1)).toBe("\n");
    expect([...bytes.subarray(128)]).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  });

  test.each(
    (
      [
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
      ] as const
    ).map((dtype) => [dtype]),
  )("decodes again what it wrote: %s", (dtype) => {
    for (const dims of [[], [1], [0], [3, 1], [1, 2, 2]]) {
      const count = dims.reduce((a, b) => a * b, 1);
      const t = fromNumbers(dtype, dims, [1, 0, 1, 1].slice(0, count));
      expect(decodeNpy(encodeNpy(t))).toEqual(t);
    }
  });

  test("rejects bfloat16 and strings, which numpy cannot represent", () => {
    expect(() => encodeNpy(fromNumbers("bfloat16", [1], [1]))).toThrow(/cannot store bfloat16/);
    expect(() => encodeNpy({ dtype: "string", dims: [1], data: ["a"] })).toThrow(InputError);
  });
});

describe("decodeNpy", () => {
  test("reads a file that numpy wrote", () => {
    const path = new URL(
      "../../../fixtures/images/golden/shrink-far-bilinear.npy",
      import.meta.url,
    );
    const t = decodeNpy(readFileSync(path));
    expect([t.dtype, t.dims]).toEqual(["float32", [3, 8, 8]]);
  });

  test("copies its data: the bytes may change afterwards", () => {
    const bytes = Buffer.from(encodeNpy(float32([1], [7])));
    const t = decodeNpy(bytes);
    bytes.fill(0);
    expect(t.data).toEqual(Float32Array.of(7));
  });

  test("reorders column-major files", () => {
    // numpy.save(numpy.asfortranarray([[0, 1, 2], [3, 4, 5]]))
    const t = decodeNpy(npy(header("|u1", "(2, 3)", "True"), [0, 3, 1, 4, 2, 5]));
    expect(t).toEqual(fromNumbers("uint8", [2, 3], [0, 1, 2, 3, 4, 5]));
    // arange(24).reshape(2, 3, 4), element [i, j, k] at i + 2j + 6k
    const columns = Array.from({ length: 24 }, (_, at) => {
      const [i, j, k] = [at % 2, Math.floor(at / 2) % 3, Math.floor(at / 6)] as const;
      return i * 12 + j * 4 + k;
    });
    const cube = decodeNpy(npy(header("|i1", "(2, 3, 4)", "True"), columns));
    expect([...(cube.data as Int8Array)]).toEqual([...Array(24).keys()]);
  });

  test("swaps big-endian files", () => {
    const t = decodeNpy(npy(header(">i2", "(2,)"), [0x01, 0x02, 0xff, 0xfe]));
    expect(t).toEqual(fromNumbers("int16", [2], [0x0102, -2]));
  });

  test.each([2, 3])("reads format version %i, whose header length has 32 bits", (version) => {
    expect(decodeNpy(npy(header("|b1", "(2,)"), [1, 0], version))).toEqual(
      fromNumbers("bool", [2], [1, 0]),
    );
  });

  test("ignores bytes after the array", () => {
    expect(decodeNpy(npy(header("|u1", "()"), [9, 1, 2])).data).toEqual(Uint8Array.of(9));
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /x\.npy is not a \.npy file/],
    ["something else", new TextEncoder().encode("PK\x03\x04 a zip file"), /not a \.npy file/],
    ["a later version", npy(header("|u1", "()"), [1], 9), /version 9 is unknown/],
    ["a header cut off", encodeNpy(float32([1], [1])).subarray(0, 60), /truncated: the header/],
    ["data cut off", npy(header("<f4", "(2,)"), [0, 0, 0, 0]), /needs 8 bytes, but 4 follow/],
    ["an absurd shape", npy(header("<f8", "(99999999999, 99999999999)"), []), /truncated/],
    ["complex numbers", npy(header("<c8", "(1,)"), []), /dtype "<c8" is not supported/],
    [
      "records",
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", []),
      /structured dtypes are not supported/,
    ],
    ["a header without a shape", npy("{'descr': '<f4', 'fortran_order': False}", []), /lacks/],
    ["code in the header", npy(header("<f4", "(__import__('os'),)"), []), /lacks/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeNpy(bytes, "x.npy")).toThrow(InputError);
    expect(() => decodeNpy(bytes, "x.npy")).toThrow(message);
  });
});
