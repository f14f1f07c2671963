import { TargetError } from "../errors.js";

/** Corners in pixels of the network's input: left, top, right, bottom. */
export type BoxCorners = readonly [x0: number, y0: number, x1: number, y1: number];

/** One object that a detector found. Plain data: it may be stored, and explained later on the same picture. */
export interface Detection {
  /** Index of its picture in the batch. */
  readonly sample: number;
  /** Its rank among the detections of its picture, from 1, by descending score. */
  readonly rank: number;
  readonly box: BoxCorners;
  readonly class: number;
  /** Its probability: the model's output, or the softmax or sigmoid of its logit. */
  readonly score: number;
  /** The explained number: the class score by which the row was selected. */
  readonly from: ScoreElement;
}

/** An element of a value inside the model. */
export interface ScoreElement {
  readonly value: string;
  /** Its index, without the axis of the samples. */
  readonly index: readonly number[];
  /** The column of the same row that the class score is multiplied by: the objectness. */
  readonly times?: { readonly column: number; readonly axis: number };
  /** Whether the value has one row per selection of the model for this picture, so that its size depends on the picture. */
  readonly isChosen?: true;
}

/** The requested detections. */
export interface DetectionQuestion {
  /** Minimum score, 0 to 1. */
  readonly threshold: number;
  /** Maximum intersection over union with a better row of the same class, for models without non-maximum suppression. */
  readonly overlap: number;
  /** Whether the input of the Sigmoid or Softmax that computes a class score is explained instead. */
  readonly logits: boolean;
}

export const usualQuestion: DetectionQuestion = { threshold: 0.5, overlap: 0.45, logits: false };

export const isDetection = (target: unknown): target is Detection =>
  typeof target === "object" && target !== null && "box" in target && "from" in target;

/** The error for a request other than an explanation whose target is a detection. */
export const detectionError = (target: Detection | { readonly text: string }): TargetError =>
  new TargetError(
    `${"text" in target ? target.text : detectionName(target)}: detections are found in each picture separately, and can only be ` +
      "explained (explain, Model.explain), without versus",
  );

/** Its name in results. */
export const detectionName = ({ rank }: Detection): string => `detection ${rank}`;
