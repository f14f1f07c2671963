import { encodePng } from "../../src/image/codec.js";
import { encodeNpy } from "../../src/tensor/npy.js";
import { button, part } from "../dom.js";
import type { Explained, MethodReport } from "../engine/protocol.js";
import { draw, type Look } from "./look.js";
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
  readonly look: () => Look;
  /** The model with its explanation as an ONNX file. */
  readonly convert: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** Until the model is open. */
export function hideDownloads(): void {
  place.replaceChildren();
}

export function offerDownloads(takeable: Takeable): void {
  const { explained, method, modelName, pictureName, look, convert } = takeable;
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
    return (await encodePng(draw(explained, method.signed, look()).raster)) as BlobPart;
  };
  const numbers = (): Promise<BlobPart> => Promise.resolve(encodeNpy(explained.map) as BlobPart);
  const json = (): Promise<BlobPart> =>
    Promise.resolve(`${JSON.stringify(documentOf(takeable), null, 1)}\n`);
  place.replaceChildren(
    offer("Map, PNG", "as drawn above", `${name}.png`, picture),
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
