import type { ImageAxes } from "../analysis/image-axes.js";
import type { Preprocessing } from "../image/preprocess.js";
import type { Raster } from "../image/raster.js";
import type { Analysis } from "../runtime/analyze.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Picture } from "./picture.js";
import type { PictureInput, PreprocessingChoice } from "./picture-input.js";

/** What a loaded model takes, and how pictures become that; the part of a `Model` that never runs it. */
export abstract class ImageInput {
  /** The model's analysis, shared by all requests. */
  readonly analysis: Analysis;
  protected readonly pictures: PictureInput;

  protected constructor(analysis: Analysis, pictures: PictureInput) {
    this.analysis = analysis;
    this.pictures = pictures;
  }

  /**
   * The axes of the input; undefined if neither the layers nor `layout` of `LoadOptions` determine them.
   *
   * @throws {TargetError} @throws {InputError} as `inspect`
   */
  get imageAxes(): ImageAxes | undefined {
    const { form, undecided } = this.analysis.image;
    return undecided === undefined ? form.axes : undefined;
  }

  /**
   * Whether the input has an integer type, which the model casts to floats, so that it accepts the bytes of a picture.
   */
  get takesBytes(): boolean {
    return this.pictures.takesBytes;
  }

  /**
   * Prepares a picture for the model. The result takes the place of a tensor in every request, and `explain` knows its
   * preprocessing.
   *
   * @param image a path (in a browser, a URL), the bytes of a file that `decodeImage` reads, or pixels
   * @param settings a preset or own settings, adapted to the model's input size; by default those in the folder of the
   *   model's file (MODEL.preprocess.json, preprocessor_config.json), else "bytes" for an integer input, else
   *   "imagenet"
   * @throws {ImageError} if the picture cannot be read
   * @throws {InputError} if the model's input is not a picture
   */
  async picture(
    image: string | Uint8Array | Raster,
    settings?: PreprocessingChoice,
  ): Promise<Picture> {
    const picture = await this.pictures.read(image, settings);
    return { ...picture, x: this.fromImage(picture.x) };
  }

  /**
   * As {@link ImageInput.picture}, its tensor alone, float32: [1,C,H,W], or with the axes in the model's order. Without
   * settings, "bytes" for an integer input, else "imagenet".
   *
   * @throws {ImageError} @throws {InputError}
   */
  async preprocess(
    image: string | Uint8Array | Raster,
    settings: PreprocessingChoice = this.takesBytes ? "bytes" : "imagenet",
  ): Promise<Tensor> {
    return (await this.picture(image, settings)).x;
  }

  /** Converts an input of the model to an image [N,C,…spatial] float32. @throws {InputError} if it does not fit */
  toImage(x: Tensor): Tensor {
    return this.analysis.image.form.toImage(x);
  }

  /** Converts an image [N,C,…spatial] to the axis order of the model's input. */
  fromImage(image: Tensor): Tensor {
    return this.analysis.image.form.fromImage(image);
  }

  /** Preprocessing settings with the model's channels, height and width; a model of open size keeps theirs. */
  fit(settings: PreprocessingChoice): Preprocessing {
    return this.pictures.fit(settings);
  }

  /** Whether the input is a picture: height, width, and one or three channels. */
  takesPictures(): boolean {
    return this.pictures.takesPictures;
  }

  /**
   * Checks that a value of the input's size, and its gradient, fit into `maxMemory` of `LoadOptions`. `preprocess`
   * does so before it reads a picture.
   *
   * @throws {MemoryLimitError} if not
   */
  checkInputMemory(): void {
    this.pictures.checkMemory();
  }
}
