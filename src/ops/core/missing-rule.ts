/** Why an operator has no rule, and the way out, for the messages that list unsupported nodes. */
interface Row {
  readonly is: (op: string, domain: string) => boolean;
  readonly cure: string;
}

const rows: readonly Row[] = [
  {
    is: (_, domain) => domain === "com.microsoft.nchwc" || domain === "com.ms.internal.nhwc",
    cure:
      "ONNX Runtime saved the model in the layout of one machine (optimization level all); save it at level " +
      "extended or basic, or explain the model that was optimized",
  },
  {
    is: (op, domain) => domain === "com.microsoft" && op.startsWith("Q"),
    cure: "explain the float model that was quantized, or quantize it in the QDQ format",
  },
  {
    is: (_, domain) => domain === "com.microsoft",
    cure: "ONNX Runtime's optimizer made it; save the model at the optimization level basic, or explain the model that was optimized",
  },
  {
    is: (_, domain) => domain !== "",
    cure: "it is not a standard ONNX operator; export the model with standard operators only",
  },
];

/** "no rule for this operator", with a way out if one is known. */
export function missingRule(op: string, domain: string): string {
  const row = rows.find(({ is }) => is(op, domain));
  return row ? `no rule for this operator: ${row.cure}` : "no rule for this operator";
}
