import { UsageError } from "../../../errors.js";
import type { Labels } from "../../../model/label-names.js";
import type { TargetChoice } from "../../../model/choose-target.js";
import type { TargetExpression } from "../../../target/parse.js";
import { chooseTargetOrMask } from "../../flags/mask-target.js";
import { readTarget, type ExplainFlags } from "../../flags/options.js";
import type { ExplainableModel } from "../../input/model-file.js";
import { readTargetFile, targetsOfPicture, type TargetTable } from "../../input/target-file.js";

/** One target of a picture. */
export interface AskedTarget {
  readonly choice: TargetChoice;
  /** As it was written. */
  readonly text: string;
  /** Part of the names of result files, such as ".target-282"; empty if pictures have one target each. */
  readonly suffix: string;
}

/** The targets of each picture: those of --target-file, else of --target, which may be repeated. */
export class AskedTargets {
  /** All suffixes that results may have. */
  readonly suffixes: ReadonlySet<string>;
  private readonly common: readonly AskedTarget[];
  private readonly own: ReadonlyMap<string, readonly AskedTarget[]>;
  private readonly table: TargetTable | undefined;
  private readonly file: string;

  private constructor(
    common: readonly AskedTarget[],
    own: ReadonlyMap<string, readonly AskedTarget[]>,
    {
      table,
      file = "",
    }: { readonly table?: TargetTable | undefined; readonly file?: string | undefined },
  ) {
    this.common = common;
    this.own = own;
    this.table = table;
    this.file = file;
    this.suffixes = new Set([common, ...own.values()].flat().map(({ suffix }) => suffix));
  }

  /** @throws {UsageError} @throws {TargetError} if a target does not fit the model */
  static async read(
    { targets = [], target, targetFile }: ExplainFlags,
    labels: Labels | undefined,
    model: ExplainableModel,
  ): Promise<AskedTargets> {
    const chosen = async (
      list: readonly TargetExpression[],
      isOne: boolean,
      flag: string,
    ): Promise<AskedTarget[]> => {
      const found = new Map<string, AskedTarget>();
      for (const expression of list) {
        if (list.length > 1 && (expression.kind === "detections" || expression.kind === "all")) {
          throw new UsageError(`${flag} ${expression.text}: it cannot be one of several targets`);
        }
        const choice = await chooseTargetOrMask(expression, labels, model, flag);
        const { text } = "kind" in choice ? choice : expression;
        const suffix = isOne ? "" : `.target-${fileNamePart(text)}`;
        found.set(text, { choice, text, suffix });
      }
      return [...found.values()];
    };
    if (targetFile === undefined) {
      const list = targets.length > 0 ? targets : [target];
      return new AskedTargets(await chosen(list, list.length === 1, "--target"), new Map(), {});
    }
    if (targets.length > 0) {
      throw new UsageError("--target-file has the targets of all pictures; leave --target out");
    }
    const table = await readTargetFile(targetFile);
    const isOne = [...table.values()].every((list) => list.length === 1);
    const own = new Map<string, readonly AskedTarget[]>();
    for (const list of table.values()) {
      const key = list.join("\n");
      if (!own.has(key)) own.set(key, await chosen(list.map(readTarget), isOne, "--target-file"));
    }
    return new AskedTargets([], own, { table, file: targetFile });
  }

  /** @throws {InputError} if --target-file has no line for the picture */
  of(path: string): readonly AskedTarget[] {
    if (!this.table) return this.common;
    return this.own.get(targetsOfPicture(this.table, path, this.file).join("\n"))!;
  }
}

/** A part of a file name: characters that file systems or shells treat specially become "_". */
function fileNamePart(text: string): string {
  return text.replace(/[^\p{L}\p{N}.,@+-]/gu, "_").slice(0, 40);
}
