import { InputError } from "../errors.js";
import { count, fields, list, number, readJson, text, type Reader } from "../files/json.js";
import { decodeSafetensors, encodeSafetensors } from "../tensor/safetensors.js";
import type { Tensor } from "../tensor/tensor.js";

/** What one epoch came to. */
export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Mean cross-entropy over the epoch, each batch before its step. */
  readonly loss: number;
  /** Share of training images that were right, each batch before its step. */
  readonly accuracy: number;
  /** Share of test images that are right after the epoch, where it was measured. */
  readonly testAccuracy?: number;
}

/** Everything that the next epoch depends on. */
export interface Checkpoint {
  /** What the run was asked to do; another run does not go on from here. */
  readonly settings: string;
  /** Steps taken. */
  readonly step: number;
  readonly history: readonly EpochResult[];
  /** Weights, running statistics, and what the optimizer keeps. */
  readonly state: ReadonlyMap<string, Tensor>;
}

/** A place for one checkpoint. */
export interface CheckpointStore {
  /** The last one written, or undefined. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

const epochResult: Reader<EpochResult> = fields(
  { epoch: count, loss: number, accuracy: number },
  { testAccuracy: number },
);

const saved: Reader<Omit<Checkpoint, "state">> = fields({
  settings: text,
  step: count,
  history: list(epochResult),
});

/** A checkpoint as a safetensors file, which PyTorch's tools read too. */
export function encodeCheckpoint({ state, ...words }: Checkpoint): Uint8Array {
  return encodeSafetensors({ tensors: state, metadata: { fullgrad: JSON.stringify(words) } });
}

/** @throws {InputError} where the bytes are something else, or of a run with other settings */
export function decodeCheckpoint(bytes: Uint8Array, settings: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, "the checkpoint");
  const words = metadata["fullgrad"];
  if (words === undefined) throw new InputError("the checkpoint was not written by this program");
  const checkpoint = { ...readJson(words, saved, "the checkpoint"), state: tensors };
  if (checkpoint.settings !== settings) {
    throw new InputError(
      `the checkpoint is of another run: ${checkpoint.settings}, not ${settings}; remove it to start anew`,
    );
  }
  return checkpoint;
}
