// Runs in Node while the page is built.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ortBackend } from "../../src/backends/ort/ort-backend.js";
import { parsePreprocessing } from "../../src/image/preprocessing-file.js";
import { listMethods } from "../engine/list-methods.js";
import type { Explained, MethodReport, OpenedModel, Question } from "../engine/protocol.js";
import { Workbench } from "../engine/workbench.js";

/** What the page shows before its engine has started: the first photograph, explained by the library in Node. */
export interface FirstAnswer {
  readonly methods: readonly MethodReport[];
  readonly report: OpenedModel;
  readonly asked: Question;
  readonly explained: Explained;
}

/** Vite imports this module and forgets it: what it imports while it runs must be imported by then. */
export const firstAnswer = await explainFirst(join(import.meta.dirname, "../../fixtures"));

async function explainFirst(fixtures: string): Promise<FirstAnswer> {
  const fileOf = async (...path: string[]): Promise<File> => {
    const bytes = (await readFile(join(fixtures, ...path))) as Uint8Array<ArrayBuffer>;
    return new File([bytes], path.at(-1)!);
  };
  const bench = new Workbench({
    threads: 1,
    backendOf: () => Promise.resolve(ortBackend({ threads: 1 })),
  });
  const run = { signal: new AbortController().signal, onProgress: () => undefined };
  const name = "efficientnet-lite0";
  const json = await (await fileOf(name, `${name}.preprocess.json`)).text();
  const preprocessing = parsePreprocessing(JSON.parse(json), name);
  const file = await fileOf(name, `${name}.onnx`);
  const opening = { file, beside: [], settings: { provider: "wasm" as const } };
  const report = await bench.openModel(opening, run);
  await bench.openPicture(await fileOf("images", "chelsea.png"), run);
  const question = { target: "top", preprocessing, feeds: {} };
  const explained = await bench.explain({ ...question, method: "fullgrad", settings: {} }, run);
  const asked = { ...question, target: explained.target };
  return { methods: listMethods(), report, asked, explained };
}
