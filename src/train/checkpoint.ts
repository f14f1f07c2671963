import { InputError } from "../errors.js";
import { count, fields, list, number, readJson, text, type Reader } from "../files/json.js";
import { decodeSafetensors, encodeSafetensors } from "../tensor/safetensors.js";
import type { Tensor } from "../tensor/tensor.js";

/** The results of one epoch. */
export interface EpochResult {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean cross-entropy over the epoch, measured before each update. */
  readonly loss: number;
  /** Training accuracy as a fraction, measured before each update. */
  readonly accuracy: number;
  /** Test accuracy after the epoch as a fraction, if there is a test set. */
  readonly testAccuracy?: number;
}

/** The complete state from which training resumes. */
export interface Checkpoint {
  /** Settings of the run; a run with other settings cannot resume from it. */
  readonly settings: string;
  /** Number of updates so far. */
  readonly step: number;
  readonly history: readonly EpochResult[];
  /** Weights, running statistics and optimizer state. */
  readonly state: ReadonlyMap<string, Tensor>;
}

/** Storage for a single checkpoint. */
export interface CheckpointStore {
  /** The last checkpoint written, or undefined. */
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

/** Encodes a checkpoint as a safetensors file, which PyTorch's tools can read. */
export function encodeCheckpoint({ state, ...words }: Checkpoint): Uint8Array {
  return encodeSafetensors({ tensors: state, metadata: { fullgrad: JSON.stringify(words) } });
}

/** @throws {InputError} if the bytes are not a checkpoint, or belong to a run with other settings */
export function decodeCheckpoint(bytes: Uint8Array, settings: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, "the checkpoint");
  const words = metadata["fullgrad"];
  if (words === undefined) throw new InputError("the checkpoint was not written by this program");
  const checkpoint = { ...readJson(words, saved, "the checkpoint"), state: tensors };
  if (checkpoint.settings !== settings) {
    throw new InputError(
      `the checkpoint belongs to another run: ${checkpoint.settings}, not ${settings}; remove it to start anew`,
    );
  }
  return checkpoint;
}
