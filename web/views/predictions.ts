import { predict } from "../../src/model/predictions.js";
import type { Labels } from "../../src/model/label-names.js";
import { nameOfClass, topCount } from "../../src/model/choose-target.js";
import { button, element, part } from "../dom.js";
import type { Explained } from "../engine/protocol.js";
import { formatNumber, formatPercent } from "../numbers.js";

const table = part("choices", HTMLTableElement);
const rows = part("top", HTMLTableSectionElement);

/** The model's top five classes, each of which can be explained. */
export function showPredictions(
  { scores, target }: Explained,
  labels: Labels | undefined,
  onChoose: (target: number) => void,
): void {
  table.hidden = scores === undefined;
  if (!scores) return;
  const choices = predict(scores, labels, topCount);
  rows.replaceChildren(
    ...choices.map(({ class: index, label, score, probability }) => {
      const name = label ?? nameOfClass({ target: index, label }, scores.length);
      const choose = button(name, { "aria-pressed": String(index === target) }, () => {
        onChoose(index);
      });
      if (label !== null) choose.append(element("span", { class: "faint" }, ` ${index}`));
      const share = element("td", { class: "share" });
      if (probability !== undefined) {
        const bar = element("span", { class: "fill", "aria-hidden": "true" });
        bar.style.setProperty("--share", String(probability));
        share.append(bar, element("span", {}, formatPercent(probability)));
      }
      const head = element("th", { scope: "row" }, choose);
      return element(
        "tr",
        {},
        head,
        share,
        element("td", { class: "number" }, formatNumber(score)),
      );
    }),
  );
}
