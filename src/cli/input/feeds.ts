import { readFile } from "node:fs/promises";
import type { PortReport } from "../../runtime/inspection-report.js";
import { concatBatch, sliceBatch } from "../../tensor/batches.js";
import { InputError, UsageError } from "../../errors.js";
import type { Feeds } from "../../model/model-options.js";
import { isFloat } from "../../tensor/dtype.js";
import { decodeNpy } from "../../tensor/npy.js";
import { fromNumbers, toNumbers, type Tensor } from "../../tensor/tensor.js";
import { messageOf } from "../exit-codes.js";
import { sha256, type ExplainableModel } from "./model-file.js";

/** A value of an input beside the one that is explained. */
export type Feed = GivenFeed | StateFeed;

/** A state of a recurrent layer without a flag. */
export interface StateFeed {
  readonly name: string;
  readonly zeros: true;
}

export interface GivenFeed {
  readonly name: string;
  readonly zeros?: undefined;
  readonly path: string;
  readonly sha256: string;
  readonly value: Tensor;
  /** It has a row for each sample of the .npy file that is explained. */
  readonly perSample: boolean;
}

/**
 * The values that --feed NAME=FILE.npy names, and the states that are left at zero.
 *
 * @throws {UsageError} if a file cannot be read, an input has none, or a value does not fit
 */
export async function readFeeds(
  flags: readonly string[],
  { input, inspection: { inputs, others: needed = [] } }: ExplainableModel,
): Promise<readonly Feed[]> {
  const others = inputs.filter((i) => i.name !== input.name);
  const feeds: GivenFeed[] = [];
  for (const flag of flags) {
    const [, name = "", path = ""] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
    const port = others.find((i) => i.name === name);
    if (!port || feeds.some((f) => f.name === name)) {
      const known = others.map((i) => `"${i.name}"`).join(", ") || "none";
      throw new UsageError(
        `--feed ${flag}: write NAME=FILE.npy, once for each input beside "${input.name}"; there is ${known}`,
      );
    }
    feeds.push(await readFeed(flag, port, path, input));
  }
  const absent = needed.filter((port) => feeds.every((f) => f.name !== port.name));
  const missing = absent.filter(({ zeros }) => !zeros);
  const states = absent.filter(({ zeros }) => zeros);
  if (missing.length === 0)
    return [...feeds, ...states.map(({ name }) => ({ name, zeros: true as const }))];
  const listed = missing.map(({ name, shape }) => `"${name}" [${shape.join(",")}]`).join(", ");
  throw new UsageError(
    `the model needs values for ${listed} beside "${input.name}": give each with --feed NAME=FILE.npy`,
  );
}

async function readFeed(
  flag: string,
  port: PortReport,
  path: string,
  input: PortReport,
): Promise<GivenFeed> {
  try {
    const bytes = await readFile(path);
    const value = cast(decodeNpy(bytes, path), port);
    const perSample =
      port.shape.length > 0 && port.shape[0] === input.shape[0] && (value.dims[0] ?? 1) > 1;
    return { name: port.name, path, sha256: sha256(bytes), value, perSample };
  } catch (error) {
    throw new UsageError(`--feed ${flag}: ${messageOf(error)}`, { cause: error });
  }
}

function cast(value: Tensor, { name, dtype, shape }: PortReport): Tensor {
  const fits =
    value.dims.length === shape.length &&
    value.dims.every((d, i) => i === 0 || typeof shape[i] === "string" || shape[i] === d);
  if (!fits) {
    throw new InputError(
      `input "${name}" takes [${shape.join(",")}], not [${value.dims.join(",")}]`,
    );
  }
  // Float models run as float32, whatever the file has.
  const wanted = isFloat(dtype) ? "float32" : dtype;
  if (value.dtype === wanted) return value;
  if (isFloat(value.dtype) && wanted === "float32") {
    return fromNumbers(wanted, value.dims, toNumbers(value));
  }
  throw new InputError(`it holds ${value.dtype}, but input "${name}" takes ${dtype}`);
}

/**
 * The values for a batch of samples.
 *
 * @param positions the samples' positions in the .npy file that they are from
 * @throws {InputError} if a value has fewer rows than samples
 */
export function feedsFor(
  feeds: readonly Feed[],
  positions: readonly (number | undefined)[],
): Feeds {
  return Object.fromEntries(
    feeds.flatMap((feed) => {
      if (feed.zeros) return [];
      const { name, path, value, perSample } = feed;
      if (!perSample) return [[name, value]];
      const rows = positions.map((place = 0) => place);
      const missing = rows.find((row) => row >= value.dims[0]!);
      if (missing !== undefined) {
        throw new InputError(`${path} has ${value.dims[0]!} rows, none for sample ${missing}`);
      }
      return [[name, concatBatch(rows.map((row) => sliceBatch(value, [row])))]];
    }),
  );
}

/** Their description in a manifest. */
export function feedSettings(feeds: readonly Feed[]): readonly object[] {
  return feeds.map((feed) => {
    if (feed.zeros) return { name: feed.name, zeros: true };
    return { name: feed.name, path: feed.path, sha256: feed.sha256 };
  });
}
