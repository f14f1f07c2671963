import { nameOfTarget, sureness, type Answer } from "../answer.js";
import { button, element, part } from "../dom.js";
import { decimalsOf, formatFixed, formatNumber } from "../numbers.js";
import { paint } from "./drawing.js";
import { draw } from "./look.js";
import type { Picture } from "./pictures.js";

const section = part("grid", HTMLElement);
const order = part("grid-order", HTMLSelectElement);
const list = part("grid-cards", HTMLUListElement);

/** The answer for one picture. */
export type GridAnswer = Pick<Answer, "report" | "labels" | "explained">;

interface Entry {
  readonly root: HTMLElement;
  readonly title: string;
  readonly score: number;
  readonly remainder: number;
}

/** The user's pictures with their maps, top classes, scores and remainders. */
export class PictureGrid {
  private readonly onChoose: (picture: Picture) => void;
  private readonly entries = new Map<Picture, Entry>();
  private key = "";

  constructor(onChoose: (picture: Picture) => void) {
    this.onChoose = onChoose;
    order.addEventListener("change", () => {
      this.arrange();
    });
  }

  /**
   * Shows the grid if there are several pictures.
   *
   * @param key identifies model and settings; if it changes, all pictures are explained again
   * @returns the pictures without an answer
   */
  begin(pictures: readonly Picture[], key: string): readonly Picture[] {
    section.hidden = pictures.length < 2;
    if (section.hidden) return [];
    if (key !== this.key) this.entries.clear();
    this.key = key;
    for (const known of this.entries.keys()) {
      if (!pictures.includes(known)) this.entries.delete(known);
    }
    this.arrange();
    return pictures.filter((picture) => !this.entries.has(picture));
  }

  add(picture: Picture, answer: GridAnswer): void {
    const { explained } = answer;
    const { score, completeness } = explained;
    const title = nameOfTarget(explained.target, answer);
    const remainder = completeness?.conditioned ?? Infinity;
    const canvas = element("canvas", { "aria-hidden": "true" });
    paint(canvas, draw(explained, false, { opacity: 0.85, colormap: "auto", over: true }).raster);
    const facts = [
      `${sureness(explained)}score ${formatFixed(score, decimalsOf(score))}`,
      ...(completeness ? [`remainder ${formatNumber(remainder)}`] : []),
    ];
    const { name } = picture.source;
    const choose = button("", { class: "choose" }, () => {
      this.onChoose(picture);
    });
    choose.append(
      canvas,
      element("span", { class: "name" }, title),
      ...[...facts, name].map((text) => element("span", { class: "faint" }, text)),
    );
    this.put(picture, { root: choose, title, score, remainder });
  }

  fail(picture: Picture, message: string): void {
    const root = element(
      "p",
      { class: "note" },
      element("strong", {}, picture.source.name),
      ` ${message}`,
    );
    this.put(picture, { root, title: "", score: -Infinity, remainder: Infinity });
  }

  private put(picture: Picture, { root, ...rest }: Entry): void {
    const attributes = { class: "card", "data-state": "done", "data-remainder": rest.remainder };
    const card = element("li", attributes, root);
    this.entries.set(picture, { root: card, ...rest });
    this.arrange();
  }

  private arrange(): void {
    const entries = [...this.entries.values()];
    if (order.value === "class") entries.sort((a, b) => a.title.localeCompare(b.title));
    if (order.value === "score") entries.sort((a, b) => b.score - a.score);
    if (order.value === "remainder") entries.sort((a, b) => b.remainder - a.remainder);
    list.replaceChildren(...entries.map(({ root }) => root));
  }
}
