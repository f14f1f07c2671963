import type { Node } from "../../onnx/ir.js";

/** What an axis of an input is. */
export type AxisRole = "batch" | "channels" | "spatial";

const images: ReadonlySet<string> = new Set([
  ...["ConvInteger", "QLinearConv", "FusedConv", "Upsample"],
]);
const recurrent: ReadonlySet<string> = new Set(["LSTM", "GRU", "RNN"]);

/**
 * The axes of the first input of operators that have no record, but tell by their definition what the axes are. The
 * spatial axis of a recurrent layer or a spectrogram is time.
 *
 * @param rank of the first input
 * @returns undefined for all other operators
 */
export function foreignAxes(
  { op, domain, attributes }: Node,
  rank: number,
): { readonly roles: readonly AxisRole[]; readonly isSequence: boolean } | undefined {
  if (domain !== "" && domain !== "com.microsoft") return undefined;
  if (images.has(op)) return { roles: imageRoles(rank), isSequence: false };
  if (op === "STFT") return { roles: ["batch", "spatial", "channels"], isSequence: false };
  if (!recurrent.has(op)) return undefined;
  const { layout } = attributes;
  const isBatchFirst = layout?.type === "int" && layout.value === 1;
  const roles = isBatchFirst ? (["batch", "spatial"] as const) : (["spatial", "batch"] as const);
  return { roles: [...roles, "channels"], isSequence: true };
}

/** [N,C,…spatial] */
export function imageRoles(rank: number): readonly AxisRole[] {
  return ["batch", "channels", ...new Array<AxisRole>(Math.max(0, rank - 2)).fill("spatial")];
}
