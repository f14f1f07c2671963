import { Option, type Command } from "commander";
import { sequentialColormaps, type SequentialColormap } from "../../draw/colormap.js";
import { scaleChoices, type ScaleChoice } from "../../compare/compared-scales.js";
import { addContrastFlags, type ContrastFlags } from "./contrast.js";
import { methodsOption, type ChosenMethod } from "./method-list.js";
import { setOption, whole, type RunFlags } from "./options.js";
import { opacityOption } from "./picture-flags.js";

export interface CompareFlags extends RunFlags, ContrastFlags {
  readonly out: string;
  readonly method?: readonly ChosenMethod[] | undefined;
  readonly set: readonly string[];
  readonly colormap: SequentialColormap;
  readonly scale: ScaleChoice;
  readonly opacity: number;
  readonly cell: number;
  /** False: the maps alone. */
  readonly photograph: boolean;
  readonly layers: boolean;
}

export function addCompareFlags(command: Command): Command {
  return addContrastFlags(command)
    .requiredOption("-o, --out <file>", "the picture (.png) or page (.html) to write")
    .addOption(
      methodsOption(
        "--methods, --method",
        "a,b,c, or all (default: a dozen, with the class-blind ones)",
      ),
    )
    .addOption(
      setOption("METHOD.NAME=VALUE, or NAME=VALUE for every method that has such a setting"),
    )
    .addOption(
      new Option("--colormap <name>", "colours of maps without sign; signed ones are blue and red")
        .choices(sequentialColormaps)
        .default("inferno"),
    )
    .addOption(
      new Option("--scale <whose>", "each map its own, or one scale shared by a method's maps")
        .choices(scaleChoices)
        .default("own"),
    )
    .addOption(opacityOption())
    .option("--cell <pixels>", "longer side of a picture on a .png sheet", whole(32, 2048), 176)
    .option("--no-photograph", "the maps alone, not over the images")
    .option("--layers", "also the FullGrad terms by depth: bars, and a map for each layer", false);
}
