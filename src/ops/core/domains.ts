/** Operators of ONNX Runtime; many appear only in files that its optimizer saved. */
export const microsoft = "com.microsoft";
