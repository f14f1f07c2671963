/** Operators of ONNX Runtime, many of which only its optimizer writes. */
export const microsoft = "com.microsoft";
