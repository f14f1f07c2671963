const EXPORT = "export the network with torch.onnx.export(model, example, 'model.onnx')";

interface Signature {
  readonly at: number;
  readonly bytes: readonly number[];
  readonly says: string;
}

function ascii(text: string): number[] {
  return Array.from(text, (c) => c.charCodeAt(0));
}

/** Signatures of file types that are passed by mistake, longer ones first. */
const signatures: readonly Signature[] = [
  { at: 0, bytes: [0x89, ...ascii("PNG")], says: "the file is a PNG image" },
  { at: 0, bytes: [0xff, 0xd8, 0xff], says: "the file is a JPEG image" },
  { at: 0, bytes: ascii("GIF8"), says: "the file is a GIF image" },
  { at: 0, bytes: ascii("RIFF"), says: "the file is a RIFF container, such as a WebP image" },
  {
    at: 0,
    bytes: ascii("PK\x03\x04"),
    says: `the file is a zip archive, as PyTorch's .pt and .pth are; ${EXPORT}`,
  },
  { at: 0, bytes: [0x80, 0x02], says: `the file is a Python pickle; ${EXPORT}` },
  { at: 0, bytes: [0x1f, 0x8b], says: "the file is gzip-compressed; unpack it first" },
  {
    at: 0,
    bytes: [0x89, ...ascii("HDF")],
    says: "the file is HDF5 (Keras); convert it with tf2onnx",
  },
  {
    at: 4,
    bytes: ascii("TFL3"),
    says: "the file is a TensorFlow Lite model; convert it with tf2onnx",
  },
  {
    at: 4,
    bytes: ascii("ORTM"),
    says: "the file is in ONNX Runtime's own format (.ort); pass the .onnx file it was made from",
  },
  {
    at: 0,
    bytes: ascii("version https://git-lfs"),
    says: "the file is a Git LFS pointer, not the model itself; run `git lfs pull`",
  },
  { at: 0, bytes: [0x93, ...ascii("NUMPY")], says: "the file is a NumPy array" },
  {
    at: 8,
    bytes: ascii('{"'),
    says: `the file holds safetensors: weights without a graph; ${EXPORT}`,
  },
];

/** Identifies a file that is not an ONNX model and explains how to get one; undefined if unrecognized. */
export function recognize(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return `the file is empty; ${EXPORT}`;
  const found = signatures.find(({ at, bytes: first }) =>
    first.every((b, i) => bytes[at + i] === b),
  );
  if (found !== undefined) return found.says;
  if (isTfjsModel(bytes)) {
    return "the file is a TensorFlow.js model (model.json); pass the .onnx file it was made from";
  }
  if (isText(bytes.subarray(0, 256))) return `the file is text; ${EXPORT}`;
  // Every ONNX writer puts the IR version first: field 1, a varint.
  if (bytes[0] !== 0x08) return `its first byte is not that of an ONNX file; ${EXPORT}`;
  return undefined;
}

/** A model.json begins with its format, or with the graph. */
function isTfjsModel(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 256));
  return /^\s*\{\s*"(format|modelTopology|weightsManifest)"/.test(start);
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((b) => b >= 0x20 || b === 0x09 || b === 0x0a || b === 0x0d);
}
