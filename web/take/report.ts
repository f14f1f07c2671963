import { toBase64 } from "../../src/compare/embedded-map.js";
import { html, trusted, type Html } from "../../src/draw/html.js";
import { withLegend } from "../../src/draw/picture/legend.js";
import { encodePng } from "../../src/image/codec.js";
import type { Raster } from "../../src/image/raster.js";
import { predict } from "../../src/model/predictions.js";
import { nameOfTarget, sureness, type Answer } from "../answer.js";
import type { Explained, MethodReport } from "../engine/protocol.js";
import {
  decimalsOf,
  formatFixed,
  formatNumber,
  formatPercent,
  formatSigned,
  roundToSum,
} from "../numbers.js";
import { draw, type Look } from "../views/look.js";
import { plainNames } from "../words/layer-names.js";

/** A method's map, as shown on the page. */
export interface ReportedMap {
  readonly method: MethodReport;
  readonly explained: Explained;
}

/** The lines below a picture: class, score, method, files. */
export function captionOf(answer: Answer, { method, explained }: ReportedMap): readonly string[] {
  const score = formatFixed(explained.score, decimalsOf(explained.score)).replaceAll("−", "-");
  const other =
    explained.versus === undefined ? "" : `, not ${nameOfTarget(explained.versus, answer)}`;
  return [
    `${nameOfTarget(explained.target, answer)}${other}, ${sureness(explained).replace("·", "")}score ${score}`,
    `${method.title}, ${answer.pictureName}, ${answer.modelName}`,
  ];
}

/** A map as drawn on the page, with its colour scale and a caption. */
export function captioned(answer: Answer, shown: ReportedMap, look: Look): Raster {
  const { raster, scale } = draw(shown.explained, shown.method.signed, look);
  return withLegend(raster, { caption: captionOf(answer, shown), scale });
}

/** The shown answer as one HTML file that needs nothing else: pictures, scores, sum, layers, methods, versions. */
export async function reportOf(
  answer: Answer,
  maps: readonly ReportedMap[],
  look: Look,
): Promise<string> {
  const { explained, labels, modelName, pictureName } = answer;
  const { target, versus, score, scores, completeness, parts, notes, view } = explained;
  const name = nameOfTarget(target, answer);
  const title = versus === undefined ? name : `${name}, not ${nameOfTarget(versus, answer)}`;
  const decimals = decimalsOf(score);
  const figures = await Promise.all(
    maps.map(async (shown) => {
      const { raster, scale } = draw(shown.explained, shown.method.signed, look);
      return figure(withLegend(raster, { scale }), shown.method.title);
    }),
  );
  const page = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}: ${pictureName}, ${modelName}</title>
      <style>
        ${trusted(style)}
      </style>
      <p>${pictureName} · ${modelName} · fullgrad ${FULLGRAD_VERSION}</p>
      <h1>${title}</h1>
      <p>${sureness(explained)}score ${formatFixed(score, decimals)}</p>
      ${notes.map(({ message }) => html`<p class="note">${message}</p>`)}
      <div class="maps">${await figure(view, "Network input")} ${figures}</div>
      ${scores ? topTable(answer, predict(scores, labels, 5)) : ""}
      ${
        completeness && parts
          ? [
              html`<h2>The layers</h2>
              <p>The relative remainder is ${formatNumber(completeness.conditioned)}.</p>`,
              layerTable(explained, decimals),
            ]
          : ""
      }
    </html>`;
  return page.text;
}

async function figure(raster: Raster, name: string): Promise<Html> {
  const png = toBase64(await encodePng(raster));
  return html`<figure>
    <img src="data:image/png;base64,${png}" alt="${name}" />
    <figcaption>${name}</figcaption>
  </figure>`;
}

function topTable(answer: Answer, top: ReturnType<typeof predict>): Html {
  const rows = top.map(
    ({ class: index, score, probability }) =>
      html`<tr>
        <th scope="row">${nameOfTarget(index, answer)}</th>
        <td>${probability === undefined ? "" : formatPercent(probability)}</td>
        <td>${formatNumber(score)}</td>
      </tr>`,
  );
  return html`<h2>The largest scores</h2>
    <table>
      <tr>
        <th scope="col">Class</th>
        <th scope="col">Probability</th>
        <th scope="col">Score</th>
      </tr>
      ${rows}
    </table>`;
}

/** All terms and the remainder; as displayed, they add up to the score. */
function layerTable({ parts = [], completeness }: Explained, decimals: number): Html {
  const values = [...parts.map(({ value }) => value), completeness!.residual];
  const rounded = roundToSum(values, decimals);
  const names = [...plainNames(parts), "remainder"];
  const rows = names.map(
    (name, i) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${parts[i]?.op ?? ""}</td>
        <td>${formatSigned(rounded[i]!, decimals)}</td>
      </tr>`,
  );
  const sum = rounded.reduce((a, b) => a + b, 0);
  return html`<table class="layers">
    <tr>
      <th scope="col">Layer</th>
      <th scope="col">Operator</th>
      <th scope="col">Share of the score</th>
    </tr>
    ${rows}
    <tr class="total">
      <th scope="row">the score</th>
      <td></td>
      <td>${formatFixed(sum, decimals)}</td>
    </tr>
  </table>`;
}

const style = /* css */ `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1, p { margin: 0 0 .5rem; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
img { width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .125rem 1rem .125rem 0; text-align: left; font-weight: 400; }
td:last-child { text-align: right; }
.total > * { border-top: 1px solid; font-weight: 600; }
`;
