import { maskSeed } from "../../target/target-seeds.js";
import type { MaskTarget } from "../../target/target.js";
import { InputError, TargetError, UsageError } from "../../errors.js";
import { decodeImage } from "../../image/codec.js";
import { readJpeg } from "../../image/formats/jpeg.js";
import { readerOf } from "../../image/formats/picture-formats.js";
import { toLuma } from "../../image/raster.js";
import { readFile } from "../../files/read-file.js";
import { decodeNpy } from "../../tensor/npy.js";
import { float32, type Tensor } from "../../tensor/tensor.js";
import { messageOf } from "../exit-codes.js";
import { isArrayFile } from "../input/inputs.js";
import type { Labels } from "../../model/label-names.js";
import type { TargetExpression } from "../../target/parse.js";
import { chooseTarget, type TargetChoice, type TargetContext } from "../../model/choose-target.js";

/**
 * What --target means, or another flag that names one: as {@link chooseTarget}, and `mask:FILE@8`, the mean of class 8
 * over a mask.
 *
 * @throws {UsageError} if the file cannot be read as a mask
 * @throws {TargetError} if the mask does not fit the output, and where {@link chooseTarget} does
 */
export async function chooseTargetOrMask(
  target: TargetExpression,
  labels: Labels | undefined,
  model: TargetContext,
  flag = "--target",
): Promise<TargetChoice> {
  const { kind, text } = target;
  if (kind === "malformed" && text.startsWith("mask:")) {
    throw new TargetError(`${flag} ${text}: write mask:FILE@CLASS, such as mask:lesion.png@8`);
  }
  if (kind !== "mask") return chooseTarget(target, labels, model, flag);
  const mask: MaskTarget = {
    mask: await readMask(target.path, `${flag} ${text}`),
    ...(target.class === undefined ? {} : { class: target.class }),
    words: text,
  };
  if (!model.inspection.assumedSize) maskSeed(mask, model.output);
  return mask;
}

/** The numbers of a .npy file as they are, or the grey levels of a PNG [H,W]: 0 is outside, and 255 weighs most. */
async function readMask(path: string, flag: string): Promise<Tensor> {
  try {
    const bytes = await readFile(path, "the mask");
    if (isArrayFile(path)) return decodeNpy(bytes, path);
    if (readerOf(bytes, path) === readJpeg) {
      throw new InputError("JPEG changes pixels at the edges of a mask; save it as PNG or .npy");
    }
    const { width, height, data } = toLuma(await decodeImage(bytes, path));
    return float32(
      [height, width],
      data.filter((_, i) => i % 3 === 0),
    );
  } catch (error) {
    throw new UsageError(`${flag}: ${messageOf(error)}`, { cause: error });
  }
}
