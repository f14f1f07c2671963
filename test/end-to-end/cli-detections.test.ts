import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeImage } from "../../src/image/codec.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import { fixture, fullgrad, temporaryFolder } from "./cli-harness.js";

interface DetectionDocument {
  readonly results: readonly {
    readonly target: string;
    readonly rank: number;
    readonly label: string | null;
    readonly files: { readonly map: string; readonly overlay: string };
    readonly detection: {
      readonly class: number;
      readonly score: number;
      readonly box: readonly number[];
      readonly inputBox: readonly number[];
      readonly from: { readonly value: string; readonly index: readonly number[] };
    };
  }[];
}

const best = fixture("detectors", "best.onnx");
const chelsea = fixture("images", "chelsea.png");

test("explain --target detections: a map, a drawn box and an entry for each, boxes in the picture's own pixels", async () => {
  const out = join(temporaryFolder(), "out");
  const settings = join(fixture("detectors"), "preprocess.json");
  const { code, stdout } = await fullgrad(
    ...["explain", best, chelsea, "--target", "detections:0.4", "--preprocess", settings],
    ...["-o", out, "--json"],
  );
  expect(code).toBe(0);
  const { results } = JSON.parse(stdout) as DetectionDocument;
  expect(results.length).toBeGreaterThan(0);
  const { width, height } = await decodeImage(readFileSync(chelsea), chelsea);
  results.forEach(({ target, rank, detection, files }, i) => {
    expect([target, rank]).toEqual([`detection ${i + 1}`, i + 1]);
    expect(detection.score).toBeGreaterThanOrEqual(0.4);
    expect(detection.from.value).toBe("/Sigmoid_output_0");
    expect(detection.from.index[1]).toBe(detection.class);
    detection.inputBox.forEach((v, at) => {
      expect(detection.box[at]).toBeCloseTo((v * (at % 2 === 0 ? width : height)) / 16, 3);
    });
    expect(files.map).toBe(join(out, `chelsea.detection${i + 1}.map.npy`));
    expect(decodeNpy(readFileSync(files.map)).dims).toEqual([16, 16]);
    expect(existsSync(files.overlay)).toBe(true);
  });
});

test("a picture in which nothing is found is named, and is no failure", async () => {
  const out = join(temporaryFolder(), "out");
  const args = ["explain", best, fixture("detectors", "best.x.npy"), "--target", "detections:0.99"];
  const { code, stdout, stderr } = await fullgrad(...args, "-o", out, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ results: [] });
  expect(stderr).toMatch(/best\.x: nothing is detected with a score of 0\.99 or more/);
});

test("verify, and a threshold that is none, say what would work", async () => {
  const verify = await fullgrad("verify", best, "--target", "detections:0.5");
  expect(verify.code).not.toBe(0);
  expect(verify.stderr).toMatch(/only explain takes detections/);
  const x = fixture("detectors", "best.x.npy");
  const bad = await fullgrad("explain", best, x, "--target", "detections:7", "-o", "nowhere");
  expect(bad.code).not.toBe(0);
  expect(bad.stderr).toMatch(/Write detections:THRESHOLD with a score from 0 to 1/);
});
