import { isComplete } from "../src/decomposition/completeness.js";
import { nameOfTarget, subjectOf, sureness, type Answer } from "./answer.js";
import { part } from "./dom.js";
import type { MethodReport, PartMaps } from "./engine/protocol.js";
import { decimalsOf, formatNumber } from "./numbers.js";
import { plainName } from "./words/layer-names.js";
import { showCheck } from "./views/answer/completeness.js";
import { showHeadline } from "./views/answer/headline.js";
import {
  forgetKeptLayer,
  orderByDepth,
  showLayerBars,
  whenLayerPointed,
} from "./views/answer/layer-bars.js";
import { showPredictions } from "./views/answer/predictions.js";
import { showNotes, showStage } from "./views/answer/stage.js";
import { hideVersus, redrawVersus, showVersus, type Versus } from "./views/answer/versus.js";
import { hideRegion, sharesOf, showRegion, whenRegionCleared } from "./views/ask/region-answer.js";
import type { Selection } from "./views/ask/selection.js";
import { Surface } from "./views/ask/surface.js";
import { hideDownloads, offerDownloads } from "./views/downloads.js";
import { lookControls } from "./views/look-controls.js";
import type { Look } from "./views/look.js";
import { MethodCards } from "./views/method-cards.js";
import { showMethodForm } from "./views/method-form.js";
import { showProblem } from "./views/problems.js";
import { say } from "./views/progress.js";

const findings = part("findings", HTMLElement);
const evidence = part("evidence", HTMLElement);
const empty = part("empty", HTMLElement);
const subject = part("subject", HTMLElement);

/** The page's main method; every request runs it first. */
export const firstMethod = "fullgrad";

interface Actions {
  readonly onChoose: (target: number) => void;
  readonly onCompare: (versus: number | undefined) => void;
  /** Another method's map was made large. */
  readonly onEnlarge: () => void;
  /** Runs a method for the shown answer, or all of them where the first one's settings changed. */
  readonly onRun: (method: string) => void;
  readonly convert: (method: MethodReport) => Promise<Uint8Array<ArrayBuffer>>;
}

/** The shown answer: its map, its numbers, and what the user asks of them. */
export class Results {
  readonly cards: MethodCards;
  answer: Answer | undefined;
  /** The method whose map is large. */
  large = firstMethod;
  private readonly methods: readonly MethodReport[];
  private readonly actions: Actions;
  private readonly look: () => Look;
  private readonly surface: Surface;
  private maps: PartMaps | undefined;
  private selection: Selection | undefined;
  /** The part whose own map is large instead. */
  private layer: number | undefined;

  constructor(methods: readonly MethodReport[], actions: Actions) {
    this.methods = methods;
    this.actions = actions;
    this.look = lookControls(() => {
      requestAnimationFrame(() => {
        this.redraw();
      });
    });
    this.cards = new MethodCards(this.look(), {
      onChoose: (name) => {
        this.large = name;
        this.enlarge(name);
        actions.onEnlarge();
      },
      onRun: actions.onRun,
    });
    this.cards.list(methods);
    this.surface = new Surface((selection, isFinal) => {
      this.select(selection, isFinal);
    });
    whenRegionCleared(() => {
      this.surface.clear();
    });
    whenLayerPointed((index) => {
      this.showLayer(index);
    });
  }

  isMethod(name: string): boolean {
    return this.methods.some((m) => m.name === name);
  }

  methodOf(name: string): MethodReport {
    return this.methods.find((m) => m.name === name)!;
  }

  /** Shows an answer that was computed when the page was built. */
  showFirst(answer: Answer): void {
    this.show(answer);
    findings.dataset["precomputed"] = "true";
    subject.textContent = `${subjectOf(answer)} · computed in advance; it is computed again here`;
    hideDownloads();
  }

  /** Shows a new answer. The maps of its layers follow. */
  show(answer: Answer): void {
    delete findings.dataset["precomputed"];
    this.answer = answer;
    this.maps = this.layer = undefined;
    forgetKeptLayer();
    hideVersus();
    const { labels, explained, pictureName } = answer;
    const { target, versus, completeness } = explained;
    const name = nameOfTarget(target, answer);
    const other = versus === undefined ? undefined : nameOfTarget(versus, answer);
    const sure = versus === undefined ? sureness(explained) : "";
    empty.hidden = true;
    findings.hidden = evidence.hidden = false;
    subject.textContent = subjectOf(answer);
    showHeadline({ name, other, explained, sure });
    const { onChoose, onCompare } = this.actions;
    showPredictions(explained, labels, { onChoose, onCompare });
    this.cards.begin();
    this.cards.showPicture(explained.view, pictureName);
    this.cards.set(firstMethod, { kind: "done", explained });
    this.surface.fit(explained.view);
    this.enlarge(firstMethod);
    this.showSums();
    if (completeness) {
      const verdict = isComplete(completeness) ? "The terms add up" : "The terms do not add up";
      const rest = formatNumber(completeness.conditioned);
      say(`${name}, ${sure}${verdict}; relative remainder ${rest}.`);
    }
  }

  /** The maps of the answer's parts, from which regions are answered. */
  showMaps(maps: PartMaps): void {
    this.maps = maps;
    this.showSums();
  }

  showVersus(versus: Versus): void {
    showVersus(versus, this.look());
  }

  /** Marks the shown results as stale. */
  markOld(): void {
    if (this.answer) subject.textContent = `Still shown: ${subjectOf(this.answer)}`;
  }

  /** Shows a method's map enlarged. */
  enlarge(name: string): void {
    const explained = this.cards.explained(name);
    if (!explained || !this.answer) return;
    this.layer = undefined;
    const method = this.methodOf(name);
    const { modelName, pictureName } = this.answer;
    const label = nameOfTarget(explained.target, this.answer);
    const about = `${pictureName} for ${label}`;
    this.cards.mark(name);
    this.stage({ ...explained, title: method.title, signed: method.signed, about });
    showNotes(explained.notes);
    showCheck(explained, method.title);
    showMethodForm(method, this.actions.onRun);
    offerDownloads({
      ...{ answer: this.answer, explained, method, label, look: this.look },
      maps: () => this.cards.done,
      modelName: withoutEnding(modelName),
      pictureName: withoutEnding(pictureName),
      convert: () => this.actions.convert(method),
    });
  }

  private stage(shown: Parameters<typeof showStage>[0]): void {
    try {
      showStage(shown, this.look());
    } catch (error) {
      showProblem(error, shown.title);
    }
  }

  /** Shows a part's own map, or the method's map again. */
  private showLayer(index: number | undefined): void {
    const { answer, maps } = this;
    if (!answer || index === this.layer) return;
    const map = index === undefined ? undefined : maps?.[index];
    this.layer = map ? index : undefined;
    if (!map) {
      this.redrawStage();
      return;
    }
    const { name, op } = answer.explained.parts![index!]!;
    const { view, target } = answer.explained;
    const title = `The map of ${plainName(name, op)} alone`;
    const about = `${answer.pictureName} for ${nameOfTarget(target, answer)}`;
    this.stage({ map, view, title, signed: true, about });
  }

  private select(selection: Selection | undefined, isFinal: boolean): void {
    const isPixel = isFinal && selection?.tool === "point";
    this.selection = selection;
    const words = this.showSums();
    if (isPixel) orderByDepth();
    if (isFinal && words !== undefined) say(words);
  }

  /** The bars of the whole score, or of the chosen region. @returns what is said of the region */
  private showSums(): string | undefined {
    const { answer, maps, selection } = this;
    const { parts, score } = answer?.explained ?? {};
    if (!parts || score === undefined) {
      hideRegion();
      return undefined;
    }
    const decimals = decimalsOf(score);
    const hasMap = (index: number): boolean => maps?.[index] !== undefined;
    if (!maps || !selection) {
      hideRegion();
      showLayerBars({ parts, total: "The score", decimals, hasMap });
      return undefined;
    }
    const asked = { score, parts, maps };
    const shares = sharesOf(asked, selection);
    const inside = parts.map((p, i) => ({ ...p, value: shares[i]! }));
    showLayerBars({ parts: inside, total: "The region", decimals, hasMap });
    return showRegion(asked, selection, (index) => {
      this.showLayer(index);
    });
  }

  private redraw(): void {
    this.cards.draw(this.look());
    redrawVersus(this.look());
    this.redrawStage();
  }

  private redrawStage(): void {
    this.enlarge(this.cards.explained(this.large) ? this.large : firstMethod);
  }
}

const withoutEnding = (name: string): string => name.replace(/\.[^.]*$/, "");
