import { TargetError } from "../errors.js";

/** Corners in pixels of the network's input: left, top, right, bottom. */
export type BoxCorners = readonly [x0: number, y0: number, x1: number, y1: number];

/** One object that a detector found. Plain data: it may be stored, and explained later on the same picture. */
export interface Detection {
  /** The place of its picture in the batch. */
  readonly sample: number;
  /** Its place among those of its picture, from 1, the best first. */
  readonly rank: number;
  readonly box: BoxCorners;
  readonly class: number;
  /** Its probability, as the model gives it, or as softmax or sigmoid makes it of a logit. */
  readonly score: number;
  /** The number that is explained: the class score that the row was chosen with. */
  readonly from: ScoreElement;
}

/** An element of a value of the model. */
export interface ScoreElement {
  readonly value: string;
  /** Its index after the axis of the samples. */
  readonly index: readonly number[];
  /** The class score is multiplied with that of another column of its row, the objectness. */
  readonly times?: { readonly column: number; readonly axis: number };
  /** The value has a row for each of what the model chose for this picture, and its size is known only then. */
  readonly isChosen?: true;
}

/** Which detections are wanted. */
export interface DetectionQuestion {
  /** The least score, 0 to 1. */
  readonly threshold: number;
  /** Rows that overlap a better one of their class by more are left out where the model itself leaves out none. */
  readonly overlap: number;
  /** Whether the number before the Sigmoid or Softmax that made a class score is explained in its place. */
  readonly logits: boolean;
}

export const usualQuestion: DetectionQuestion = { threshold: 0.5, overlap: 0.45, logits: false };

export const isDetection = (target: unknown): target is Detection =>
  typeof target === "object" && target !== null && "box" in target && "from" in target;

/** What is said where something else than an explanation is asked of detections. */
export const detectionError = (target: Detection | { readonly text: string }): TargetError =>
  new TargetError(
    `${"text" in target ? target.text : detectionName(target)}: detections are found in each picture by itself, and only ` +
      "explained (explain, Model.explain), without a class to compare with",
  );

/** What results call it. */
export const detectionName = ({ rank }: Detection): string => `detection ${rank}`;
