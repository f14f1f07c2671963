import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/errors.js";
import { decodeSafetensors, encodeSafetensors } from "../../../src/tensor/safetensors.js";
import { float32, fromNumbers, int64 } from "../../../src/tensor/tensor.js";

/** A file built by the specification: an 8-byte header length, the header, the elements. */
function file(header: string, ...data: number[]): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([text.length & 255, text.length >> 8, 0, 0, 0, 0, 0, 0, ...text, ...data]);
}

const two = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
const ones = [0, 0, 0x80, 0x3f];

describe("a safetensors file", () => {
  it("is decoded according to the specification", () => {
    const { tensors, metadata } = decodeSafetensors(file(two, ...ones, 0, 0, 0, 0xc0));
    expect(tensors.get("a")).toEqual(float32([2], [1, -2]));
    expect(metadata).toEqual({});
  });

  it("round-trips, including its metadata", () => {
    const tensors = new Map([
      ["weights", float32([2, 2], [1, 2, 3, 4])],
      ["labels", int64([7, -1])],
      ["none", float32([0, 3], [])],
      ["scalar", fromNumbers("float64", [], [0.1])],
      ["bytes", fromNumbers("uint8", [3], [1, 2, 255])],
    ]);
    const bytes = encodeSafetensors({ tensors, metadata: { epoch: "3" } });
    // Elements begin at a multiple of eight bytes.
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(decodeSafetensors(bytes)).toEqual({ tensors, metadata: { epoch: "3" } });
  });

  it.each([
    ["cut off in the elements", file(two, ...ones), /does not fit its 8 bytes/],
    ["cut off in the header", file(two).subarray(0, 20), /truncated/],
    ["empty", new Uint8Array(0), /truncated/],
    ["of another kind", file("PK"), /not a safetensors file/],
    [
      "of a type that is not known",
      file(two.replace("F32", "F9")),
      /"a" does not have the fields of a tensor/,
    ],
    ["of elements beside the file", file(two.replace("0,8", "-8,0")), /does not fit/],
  ])("that is %s is refused", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(InputError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
