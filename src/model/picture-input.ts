import { checkInputMemory } from "../backends/limited-memory.js";
import { ImageError, InputError } from "../errors.js";
import { readFile } from "../files/read-file.js";
import { decodeImage, type DecodeOptions } from "../image/codec.js";
import {
  fitTo,
  pixelRange,
  preprocessView,
  presets,
  settingsFor,
  viewOf,
  type Preprocessing,
  type Size,
} from "../image/preprocess.js";
import type { Raster } from "../image/raster.js";
import type { PixelRange } from "../methods/core/image.js";
import type { Picture } from "./picture.js";
import { preprocessingBeside } from "./preprocessing-beside.js";
import type { Analysis } from "../runtime/analyze.js";
import { isOpen } from "../runtime/sizes.js";
import type { Shape } from "../tensor/shape.js";

/** A preset's name, or settings. */
export type PreprocessingChoice = keyof typeof presets | Preprocessing;

/** A picture's bytes at its own size: "none", for a model that casts them to floats. */
const levels: Preprocessing = { ...presets.none, rescale: 1 };

interface PictureOptions extends DecodeOptions {
  readonly maxMemory?: number | undefined;
}

/** Converts pictures to a model's input. */
export class PictureInput {
  private readonly analysis: Analysis;
  private readonly options: PictureOptions;
  /** The path of the model's file. */
  private readonly path: string | undefined;
  /** Shape of the image, for the size in the options. */
  private known: Shape | undefined;

  constructor(analysis: Analysis, options: PictureOptions, path?: string) {
    this.analysis = analysis;
    this.options = options;
    this.path = path;
  }

  /** Whether the input has an integer type, which the model casts to floats. */
  get takesBytes(): boolean {
    return this.analysis.image.form.isInteger;
  }

  /** Whether the input is a picture: height, width, and one or three channels. */
  get takesPictures(): boolean {
    const [, channels, ...spatial] = this.shape;
    const isColor = typeof channels === "string" || channels === 1 || channels === 3;
    return spatial.length === 2 && isColor;
  }

  /**
   * The picture as image [1,C,H,W] float32, and as the model's input.
   *
   * @param settings by default those in the folder of the model's file, else those for its type of input
   * @throws {ImageError} if it cannot be read
   */
  async read(
    image: string | Uint8Array | Raster,
    settings?: PreprocessingChoice,
  ): Promise<Picture> {
    const preprocessing = this.fit(settings ?? (await this.usual()));
    this.checkMemory();
    const view = viewOf(await rasterOf(image, this.options), preprocessing);
    const x = preprocessView(view, preprocessing);
    const pixels = this.range(preprocessing);
    return { x, view, preprocessing, ...(pixels ? { pixels } : {}) };
  }

  private async usual(): Promise<PreprocessingChoice> {
    const beside = this.path === undefined ? undefined : await preprocessingBeside(this.path);
    return beside?.settings ?? (this.takesBytes ? "bytes" : "imagenet");
  }

  /** @throws {MemoryLimitError} if the input takes more memory than the limit */
  checkMemory(): void {
    const { maxMemory } = this.options;
    const { name, fact } = this.analysis.image.form.port;
    if (maxMemory !== undefined) {
      checkInputMemory({ name, fact: { ...fact, shape: this.shape } }, maxMemory);
    }
  }

  /** Settings with the model's channels, height and width. @throws {InputError} if the input is not a picture */
  fit(settings: PreprocessingChoice): Preprocessing {
    const wanted = settingsFor(settings === "none" && this.takesBytes ? levels : settings);
    const { form, graph } = this.analysis.image;
    const { name, fact } = form.port;
    if (!this.takesPictures) {
      throw new InputError(
        `input "${name}" is [${fact.shape.join(",")}] and does not accept a picture; give a .npy file or a tensor`,
      );
    }
    const [, channels, height, width] = this.shape;
    if (typeof height !== "number" || typeof width !== "number") return wanted;
    const port = graph.inputs.find((i) => i.name === name)!;
    const isFree = this.analysis.options.size === undefined && isOpen(port);
    const size = isFree ? sizeIn(wanted) : { height, width };
    return size ? fitTo(wanted, size.height, size.width, channels === 1 ? 1 : 3) : wanted;
  }

  /** Black and white in the units of the input; unknown if it is not a picture. */
  range(settings: PreprocessingChoice): PixelRange | undefined {
    return this.takesPictures ? pixelRange(this.fit(settings)) : undefined;
  }

  private get shape(): Shape {
    const { graph, part } = this.analysis.image;
    const { fact } = graph.inputs.find((i) => i.name === part.input)!;
    return (this.known ??= this.analysis.sizes().get(part.input) ?? fact.shape);
  }
}

/** The fixed output size of preprocessing, if it has one. */
function sizeIn({ crop, resize }: Preprocessing): Size | undefined {
  return crop ?? (resize && "height" in resize ? resize : undefined);
}

/** Checks pixels from JavaScript, which are untyped. @throws {ImageError} */
function checkRaster(image: Partial<Raster> | null | undefined): void {
  const { width = 0, height = 0, data } = image ?? {};
  const pixels = width * height;
  const isWhole = Number.isSafeInteger(pixels) && pixels > 0;
  if (isWhole && (data?.length === 3 * pixels || data?.length === 4 * pixels)) return;
  throw new ImageError(
    "a picture is a path, the bytes of a file as Uint8Array, or pixels { width, height, data } with 3 or 4 bytes each",
  );
}

async function rasterOf(
  image: string | Uint8Array | Raster,
  options: DecodeOptions,
): Promise<Raster> {
  if (typeof image === "string") {
    return decodeImage(await readFile(image, "the image"), image, options);
  }
  if (image instanceof Uint8Array) return decodeImage(image, "the image", options);
  checkRaster(image);
  return image;
}
