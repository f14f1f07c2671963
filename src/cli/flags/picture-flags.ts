import { InvalidArgumentError, Option, type Command } from "commander";
import { scaleChoices, type ScaleChoice } from "../../compare/compared-scales.js";
import { colormaps, type ColormapName } from "../../draw/colormap.js";
import { defaultOpacity } from "../../draw/overlay.js";
import type { PictureSize } from "../../draw/picture/picture-size.js";

/** How `explain` draws maps. */
export interface PictureFlags {
  readonly colormap?: ColormapName | undefined;
  readonly opacity: number;
  readonly pictureSize: PictureSize;
  readonly scale: ScaleChoice;
  readonly caption: boolean;
  readonly scaleBar: boolean;
  readonly transparent: boolean;
}

export function addPictureFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--colormap <name>",
        "colours (default: rdbu, blue and red, for a signed method, else inferno)",
      ).choices(colormaps),
    )
    .addOption(opacityOption())
    .addOption(
      new Option(
        "--picture-size <size>",
        "overlays on the whole picture: auto (longer side 256 to 2048), original, or a longer side in pixels; " +
          "input: on what the network sees of it",
      )
        .default("auto")
        .argParser(parsePictureSize),
    )
    .addOption(
      new Option("--scale <whose>", "each map its own scale of colours, or one for all of the run")
        .choices(scaleChoices)
        .default("own"),
    )
    .option("--caption", "class, score and method below each overlay", false)
    .option("--scale-bar", "the scale of colours below each overlay", false)
    .option(
      "--transparent",
      "heat maps of the overlay's size, transparent where the map is low",
      false,
    );
}

function parsePictureSize(text: string): PictureSize {
  if (text === "auto" || text === "original" || text === "input") return text;
  const side = /^\d+$/.test(text) ? Number(text) : 0;
  if (side >= 16 && side <= 8192) return side;
  throw new InvalidArgumentError("It must be auto, original, input, or a length from 16 to 8192.");
}

export function opacityOption(): Option {
  return new Option("--opacity <share>", "opacity of the colours where a map is highest, 0 to 1")
    .default(defaultOpacity)
    .argParser(parseShare);
}

function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1.");
}
