import { encodePng } from "../../src/image/codec.js";
import { encodeNpy } from "../../src/tensor/npy.js";
import type { Answer } from "../answer.js";
import { button, part } from "../dom.js";
import type { Explained, MethodReport } from "../engine/protocol.js";
import { captioned, reportOf, type ReportedMap } from "../take/report.js";
import type { Look } from "./look.js";
import { showProblem } from "./problems.js";

const place = part("downloads", HTMLElement);

/** Downloads: the large map, and a model that computes it. */
export interface Takeable {
  readonly explained: Explained;
  readonly method: MethodReport;
  /** Names of model and picture, without extensions. */
  readonly modelName: string;
  readonly pictureName: string;
  readonly label: string | undefined;
  readonly answer: Answer;
  /** The maps shown side by side. */
  readonly maps: () => readonly ReportedMap[];
  readonly look: () => Look;
  /** The model with its explanation as an ONNX file. */
  readonly convert: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** Until the model is open. */
export function hideDownloads(): void {
  place.replaceChildren();
}

export function offerDownloads(takeable: Takeable): void {
  const { answer, explained, method, modelName, pictureName, maps, look, convert } = takeable;
  const name = `${pictureName}.${method.name}`;
  const offer = (text: string, about: string, file: string, make: () => Promise<BlobPart>) => {
    const made = button(text, { title: about }, () => {
      made.disabled = true;
      void make()
        .then((content) => {
          save(content, file);
        })
        .catch(showProblem)
        .finally(() => {
          made.disabled = false;
        });
    });
    return made;
  };
  const picture = async (): Promise<BlobPart> => {
    return (await encodePng(captioned(answer, { method, explained }, look()))) as BlobPart;
  };
  const numbers = (): Promise<BlobPart> => Promise.resolve(encodeNpy(explained.map) as BlobPart);
  const json = (): Promise<BlobPart> =>
    Promise.resolve(`${JSON.stringify(documentOf(takeable), null, 1)}\n`);
  place.replaceChildren(
    offer(
      "Report, HTML",
      "this answer in one file: pictures, scores, layers, the maps side by side",
      `${pictureName}.html`,
      () => reportOf(answer, maps(), look()),
    ),
    offer("Map, PNG", "as drawn above, with its scale and a caption", `${name}.png`, picture),
    offer("Map, .npy", "the numbers, float32, un-normalised", `${name}.map.npy`, numbers),
    offer("Everything, JSON", "scores, completeness, parts, numbers", `${name}.json`, json),
    ...(method.isPortable
      ? [
          offer(
            "Self-explaining model, .onnx",
            `the model with ${method.title} included, for any ONNX engine`,
            `${modelName}.fullgrad.onnx`,
            convert,
          ),
        ]
      : []),
  );
}

function documentOf({ explained, method, modelName, pictureName, label }: Takeable): unknown {
  const { map, target, score, completeness, parts, info, notes } = explained;
  const [, width = 1] = map.dims;
  const rows = Array.from({ length: map.data.length / width }, (_, y) =>
    Array.from(map.data.subarray(y * width, (y + 1) * width)),
  );
  return {
    versions: { fullgrad: FULLGRAD_VERSION },
    ...{ model: modelName, picture: pictureName, method: method.name, paper: method.paper },
    ...{ target, label: label ?? null, score, completeness, parts, info, notes, map: rows },
  };
}

function save(content: BlobPart, name: string): void {
  const url = URL.createObjectURL(new Blob([content]));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Wait until the browser has begun to read it.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
