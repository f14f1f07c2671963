import type { ImageAxes } from "../../../analysis/image-axes.js";
import { withBox } from "../../../draw/box.js";
import { colorScale, heatOf, type ColorScale } from "../../../draw/color-scale.js";
import type { ColormapName } from "../../../draw/colormap.js";
import { drawArray, type Drawings, type InputAxes } from "../../../draw/draw-array.js";
import { withLegend } from "../../../draw/picture/legend.js";
import { fitMap, heatmap, overlay, type ViewFrame } from "../../../draw/overlay.js";
import { enlarge, type PictureSize } from "../../../draw/picture/picture-size.js";
import { ImageError } from "../../../errors.js";
import { encodePng } from "../../../image/codec.js";
import { float32, type Tensor } from "../../../tensor/tensor.js";
import type { BoxCorners } from "../../../target/detection.js";
import type { InputSample } from "../../input/samples.js";

/** How pictures are drawn; a part of the settings that a result depends on. */
export interface PictureStyle {
  readonly colormap: ColormapName;
  readonly opacity: number;
  readonly pictureSize: PictureSize;
  readonly scale: "own" | "shared";
  readonly caption: boolean;
  readonly scaleBar: boolean;
  readonly transparent: boolean;
}

/** A map, and what it is drawn over. */
export interface DrawnResult {
  readonly name: string;
  readonly map: Tensor<"float32">;
  readonly sample: InputSample;
  /** The rectangle of the sample's ground that the map covers. */
  readonly frame: ViewFrame | undefined;
  readonly image: ImageAxes | undefined;
  /** Of a detection, in pixels of the network's input. */
  readonly box?: BoxCorners | undefined;
  readonly caption: readonly string[];
  readonly style: PictureStyle;
  /** A scale for several maps; default: the map's own. */
  readonly scale?: ColorScale | undefined;
}

/** PNG files, or the reason why there are none. */
export interface Pictures {
  readonly heatmap?: Uint8Array;
  readonly overlay?: Uint8Array;
  readonly problem?: string;
}

/** Draws a map alone and over its input. A map with a number that is not finite has no pictures. */
export async function drawPictures(result: DrawnResult): Promise<Pictures> {
  const { name, map, sample, image, style, scale } = result;
  try {
    if (sample.view) return await overPicture(result);
    const drawn = { x: sample.x, axes: axesOfImage(sample.x, image) };
    return await encoded(drawArray(map, drawn, { ...style, scale }));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { problem: `${name}: no picture can be drawn, ${error.message}` };
  }
}

async function encoded({ heatmap: alone, overlay: over }: Drawings): Promise<Pictures> {
  return {
    ...(alone ? { heatmap: await encodePng(alone) } : {}),
    ...(over ? { overlay: await encodePng(over) } : {}),
  };
}

async function overPicture(result: DrawnResult): Promise<Pictures> {
  const { map, sample, frame, box, style, caption } = result;
  const { colormap, pictureSize: size } = style;
  const ground = sample.ground ?? sample.view!;
  const fitted = fitMap(map, ground, frame);
  const scale = result.scale ?? colorScale([fitted], colormap);
  const over = overlay(ground, map, { ...style, scale, frame });
  const marked = box ? withBox(over, boxInGround(box, sample, frame)) : over;
  const whole = withLegend(enlarge(marked, size), {
    caption: style.caption ? caption : [],
    scale: style.scaleBar ? scale : undefined,
  });
  if (!style.transparent) {
    const alone = heatmap(map, result.scale ? { scale } : { colormap });
    return encoded({ heatmap: alone, overlay: whole });
  }
  return {
    ...(await encoded({ overlay: whole })),
    heatmap: await transparent(fitted, scale, ground, size),
  };
}

/** The colours of a map with its salience as opacity, to be laid over the overlay's picture. */
async function transparent(
  fitted: Float32Array,
  scale: ColorScale,
  { width, height }: { readonly width: number; readonly height: number },
  size: PictureSize,
): Promise<Uint8Array> {
  const known = fitted.map((value) => (Number.isNaN(value) ? scale.low : value));
  const colors = enlarge(heatmap(float32([height, width], known), { scale }), size);
  const levels = new Uint8Array(fitted.length * 3);
  fitted.forEach((value, i) => {
    const level = Number.isNaN(value) ? 0 : Math.round(255 * heatOf(scale, value));
    levels.fill(level, i * 3, i * 3 + 3);
  });
  const { data } = enlarge({ width, height, data: levels }, size);
  return encodePng(
    colors,
    data.filter((_, i) => i % 3 === 0),
  );
}

function boxInGround(
  [left, top, right, bottom]: BoxCorners,
  { view }: InputSample,
  frame: ViewFrame | undefined,
): BoxCorners {
  if (!frame || !view) return [left, top, right, bottom];
  const [across, down] = [
    (frame.right - frame.left) / view.width,
    (frame.bottom - frame.top) / view.height,
  ];
  const point = (x: number, y: number): [number, number] => [
    frame.left + x * across,
    frame.top + y * down,
  ];
  return [...point(left, top), ...point(right, bottom)];
}

/** Samples, channels, and the axes of a map, under the letters that the model's own input has for them. */
function axesOfImage({ dims }: Tensor, image: ImageAxes | undefined): InputAxes {
  const letters = image?.spatial.map((axis) => image.layout[axis]).join("") ?? "";
  return {
    layout: `NC${letters}`,
    channels: 1,
    spatial: dims.map((_, axis) => axis).slice(2),
  };
}
