import { predict } from "../../../src/model/predictions.js";
import type { Labels } from "../../../src/model/label-names.js";
import { nameOfClass } from "../../../src/target/format.js";
import { topCount } from "../../../src/model/choose-target.js";
import { button, element, part } from "../../dom.js";
import type { Explained } from "../../engine/protocol.js";
import { decimalsOf, formatFixed, formatPercent } from "../../numbers.js";

const table = part("choices", HTMLTableElement);
const rows = part("top", HTMLTableSectionElement);

interface Actions {
  /** Explains a class. */
  readonly onChoose: (target: number) => void;
  /** Subtracts a class from the explained one; undefined: no longer. */
  readonly onCompare: (versus: number | undefined) => void;
}

/** The model's top five classes: each can be explained, and compared with the explained one. */
export function showPredictions(
  { scores, target, versus, score }: Explained,
  labels: Labels | undefined,
  { onChoose, onCompare }: Actions,
): void {
  table.hidden = scores === undefined;
  if (!scores) return;
  const top = predict(scores, labels, topCount);
  const decimals = decimalsOf(versus === undefined ? score : top[0]!.score);
  const nameOf = (index: number, label: string | null): string =>
    label ?? nameOfClass({ target: index, label }, scores.length);
  const asked = typeof target === "number" ? target : undefined;
  const own = asked === undefined ? "" : nameOf(asked, labels?.names.get(asked) ?? null);
  rows.replaceChildren(
    ...top.map(({ class: index, label, score: value, probability }) => {
      const name = nameOf(index, label);
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
      const compare = element("td", { class: "compare" });
      if (asked !== undefined && index !== asked) {
        const isCompared = index === versus;
        const attributes = {
          "aria-pressed": String(isCompared),
          "aria-label": `vs ${name}: why ${own} and not ${name}`,
          title: `Why ${own} and not ${name}`,
        };
        compare.append(
          button("vs", attributes, () => {
            onCompare(isCompared ? undefined : index);
          }),
        );
      }
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, choose),
        share,
        element("td", { class: "number" }, formatFixed(value, decimals)),
        compare,
      );
    }),
  );
}
