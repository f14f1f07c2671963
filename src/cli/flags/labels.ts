import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { messageOf } from "../exit-codes.js";
import { parseLabels, type Labels } from "../../model/label-names.js";
import { packageRoot } from "../package-files.js";

/**
 * The labels that the flag names; without the flag, ImageNet's where the model has 1000 classes, else none.
 *
 * @throws {UsageError} if the file cannot be used or does not fit the model
 */
export async function chooseLabels(
  flag: string | undefined,
  classes = Infinity,
): Promise<Labels | undefined> {
  if (flag === undefined && classes !== 1000) return undefined;
  const source = flag ?? "imagenet";
  const path =
    source === "imagenet" ? join(packageRoot(), "assets", "labels", "imagenet.json") : source;
  try {
    const names = parseLabels(await readFile(path, "utf8"));
    const last = [...names.keys()].reduce((a, b) => Math.max(a, b));
    if (last < classes) return { source, names };
    throw new InputError(`it names class ${last}, but the model has classes 0 to ${classes - 1}`);
  } catch (error) {
    throw new UsageError(
      `--labels ${source}: ${messageOf(error)}; imagenet, or a file with a JSON array, a JSON object ` +
        `{"0": "name"}, a config.json with id2label, or one name a line would work`,
      { cause: error },
    );
  }
}
