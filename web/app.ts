import type { Labels } from "../src/model/label-names.js";
import { probabilitiesOf } from "../src/model/predictions.js";
import { labelOf, nameOfClass } from "../src/target/format.js";
import { isComplete } from "../src/decomposition/completeness.js";
import { part } from "./dom.js";
import type { Client } from "./engine/client.js";
import type { Explain, Explained, MethodReport, OpenedModel } from "./engine/protocol.js";
import { formatNumber, formatPercent } from "./numbers.js";
import { Session } from "./session.js";
import { sortFiles } from "./sort-files.js";
import { showBiasTable } from "./views/bias-table.js";
import { showCompleteness } from "./views/completeness.js";
import { offerDownloads } from "./views/downloads.js";
import { whenFilesCome } from "./views/drop-zone.js";
import { showLayerBars } from "./views/layer-bars.js";
import { lookControls } from "./views/look-controls.js";
import type { Look } from "./views/look.js";
import { MethodCards } from "./views/method-cards.js";
import { settingsOf, showMethodForm } from "./views/method-form.js";
import { bundled, Models } from "./views/models.js";
import { Pictures } from "./views/pictures.js";
import { showPredictions } from "./views/predictions.js";
import { clearProblems, showProblem } from "./views/problems.js";
import { showHeadline } from "./views/headline.js";
import { hideProgress, say, showProgress, whenCancelled } from "./views/progress.js";
import { SettingsForm } from "./views/settings-form.js";
import { showStage } from "./views/stage.js";
import { offerTargets, whenTargetChosen } from "./views/target-picker.js";

const findings = part("findings", HTMLElement);
const result = part("result", HTMLElement);
const empty = part("empty", HTMLElement);
const subject = part("subject", HTMLElement);

/** The page's main method; every request runs it first. */
const first = "fullgrad";

/** The shown explanation and its request. */
interface Answer {
  readonly report: OpenedModel;
  readonly modelName: string;
  readonly pictureName: string;
  readonly asked: Omit<Explain, "method" | "settings">;
  readonly labels: Labels | undefined;
  readonly explained: Explained;
}

/** Turns the user's choices into the shown results. A new request cancels the previous one. */
export class App {
  private readonly client: Client;
  private readonly methods: readonly MethodReport[];
  private readonly form: SettingsForm;
  private readonly models: Models;
  private readonly pictures: Pictures;
  private readonly cards: MethodCards;
  private readonly session: Session;
  private readonly look: () => Look;
  private target: string | number = "top";
  /** Whether the target was chosen for the current picture. */
  private isAsked = false;
  private large = first;
  private answer: Answer | undefined;
  private run: AbortController | undefined;
  /** Methods still to run for the current request. */
  private queue: string[] = [];

  constructor(client: Client, methods: readonly MethodReport[]) {
    this.client = client;
    this.methods = methods;
    this.look = lookControls(() => {
      requestAnimationFrame(() => {
        this.redraw();
      });
    });
    this.form = new SettingsForm(() => void this.ask());
    this.models = new Models((model) => {
      this.session.wantedModel = model;
      void this.ask();
    });
    this.pictures = new Pictures((picture) => {
      this.session.wantedPicture = picture;
      void this.ask();
    });
    this.cards = new MethodCards(this.look(), {
      onChoose: (name) => {
        this.enlarge(name);
      },
      onRun: (name) => {
        this.runAlso(name);
      },
    });
    this.cards.list(methods);
    this.session = new Session(client, this.form, this.models, this.pictures);
    whenFilesCome((files) => {
      this.take(files);
    });
    whenTargetChosen((target) => {
      this.explain(target);
    });
    whenCancelled(() => this.run?.abort());
  }

  private take(files: readonly File[]): void {
    const { model, picture, beside } = sortFiles(files);
    if (model) this.session.wantedModel = this.models.addOwn(model, beside);
    if (picture) this.session.wantedPicture = this.pictures.addOwn(picture);
    if (model || picture) void this.ask();
  }

  private explain(target: string | number): void {
    this.target = target;
    this.isAsked = true;
    void this.ask();
  }

  /** Sends the request defined by the current model, picture, target and settings. */
  private async ask(): Promise<void> {
    this.session.wantedModel ??= bundled;
    this.session.mark();
    this.queue = [];
    await this.work(async (signal) => {
      showProgress(`Reading ${this.session.wantedModel!.file.name}`);
      if (await this.session.openModel(signal)) this.target = "top";
      const report = this.session.report!;
      showBiasTable(report.inspection);
      const labels = await this.form.labels(report.output?.classes);
      offerTargets(report, labels);
      if (!this.session.wantedPicture) return;
      showProgress(`Reading ${this.session.wantedPicture.source.name}`);
      const isOther = await this.session.openPicture(signal);
      if (isOther && report.output?.classes !== undefined && !this.isAsked) this.target = "top";
      this.isAsked = false;
      showProgress("Decomposing the output");
      const { preprocessing, feeds } = this.form;
      const asked = { target: this.target, preprocessing, feeds };
      const settings = settingsOf(first);
      const explained = await this.session.explain(
        { ...asked, method: first, settings },
        { signal },
      );
      this.cards.begin();
      this.show({
        ...{ report, labels, explained },
        modelName: this.session.wantedModel!.file.name,
        pictureName: this.session.wantedPicture.source.name,
        asked: { ...asked, target: explained.target },
      });
      const rest = this.cards.standing.filter((name) => name !== first && name !== this.large);
      const isStanding = this.large !== first && this.cards.standing.includes(this.large);
      this.queue = [...(isStanding ? [this.large] : []), ...rest];
      await this.runQueue(signal);
    });
  }

  /** Runs one more method for the shown explanation. */
  private runAlso(name: string): void {
    if (this.answer?.report !== this.session.report) {
      void this.ask();
      return;
    }
    this.queue.push(name);
    this.cards.set(name, { kind: "waiting" });
    if (!this.run) void this.work((signal) => this.runQueue(signal));
  }

  private async runQueue(signal: AbortSignal): Promise<void> {
    for (let name = this.queue.shift(); name !== undefined; name = this.queue.shift()) {
      const { title } = this.methodOf(name);
      const { asked } = this.answer!;
      const onProgress = (done: number, total: number): void => {
        showProgress(title, done, total);
      };
      showProgress(title);
      this.cards.set(name, { kind: "running" });
      try {
        const question = { ...asked, method: name, settings: settingsOf(name) };
        const explained = await this.session.explain(question, { signal, onProgress });
        this.cards.set(name, { kind: "done", explained });
        if (name === this.large) this.enlarge(name);
      } catch (error) {
        if (signal.aborted) throw error;
        // A method that fails on this model shows its error on its card; the others continue.
        this.cards.set(name, { kind: "failed", message: messageOf(error) });
      }
    }
  }

  /** Runs a task that a new request or the user can cancel; shows its errors. */
  private async work(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.run?.abort();
    const run = new AbortController();
    this.run = run;
    clearProblems();
    try {
      await task(run.signal);
    } catch (error) {
      if (run.signal.aborted) return;
      showProblem(error);
      this.markOld();
    } finally {
      if (this.run === run) {
        this.run = undefined;
        this.queue = [];
        this.cards.stop();
        hideProgress();
      }
    }
  }

  private show(answer: Answer): void {
    this.answer = answer;
    const { labels, explained, pictureName } = answer;
    const { target, score, scores, completeness, parts } = explained;
    const name = nameOf(explained, labels);
    const shares = scores && probabilitiesOf(scores);
    const probability = typeof target === "number" ? shares?.values[target] : undefined;
    const isFirst = findings.hidden;
    empty.hidden = true;
    findings.hidden = false;
    subject.textContent = subjectOf(answer);
    const sure = probability === undefined ? "" : `${formatPercent(probability)} · `;
    showHeadline({ name, target, score, sure });
    showPredictions(explained, labels, (chosen) => {
      this.explain(chosen);
    });
    this.cards.showPicture(explained.view, pictureName);
    this.cards.set(first, { kind: "done", explained });
    if (completeness && parts) {
      showCompleteness(completeness);
      showLayerBars({ output: score, parts });
      const verdict = isComplete(completeness) ? "The terms add up" : "The terms do not add up";
      say(
        `${name}, ${sure}${verdict}; relative remainder ${formatNumber(completeness.conditioned)}.`,
      );
    }
    this.enlarge(first, false);
    // On a small screen the result starts below the fold.
    const below = result.getBoundingClientRect().top > innerHeight / 2;
    if (isFirst && below) result.scrollIntoView({ block: "start" });
  }

  /** Marks the shown results as stale. */
  private markOld(): void {
    if (this.answer) subject.textContent = `Still shown: ${subjectOf(this.answer)}`;
  }

  /** Shows a method's map enlarged. */
  private enlarge(name: string, isChosen = true): void {
    const explained = this.cards.explained(name);
    if (!explained || !this.answer) return;
    if (isChosen) this.large = name;
    const method = this.methodOf(name);
    const { labels, modelName, pictureName } = this.answer;
    const label = nameOf(explained, labels);
    const about = `${pictureName} for ${label}`;
    this.cards.mark(name);
    try {
      showStage({ explained, title: method.title, signed: method.signed, about }, this.look());
    } catch (error) {
      showProblem(error, method.title);
    }
    showMethodForm(method, (changed) => {
      if (changed === first) void this.ask();
      else this.runAlso(changed);
    });
    offerDownloads({
      ...{ explained, method, label, look: this.look },
      modelName: withoutEnding(modelName),
      pictureName: withoutEnding(pictureName),
      convert: async () => {
        const asked = { method: name, settings: settingsOf(name), target: this.target };
        return (await this.client.ask("convert", asked)).bytes;
      },
    });
  }

  private redraw(): void {
    this.cards.draw(this.look());
    const chosen = this.cards.explained(this.large) ? this.large : first;
    this.enlarge(chosen, false);
  }

  private methodOf(name: string): MethodReport {
    return this.methods.find((m) => m.name === name)!;
  }
}

/** "tiger cat", or "class 282" if its name is unknown. */
function nameOf({ target, scores }: Explained, labels: Labels | undefined): string {
  return labelOf(target, labels) ?? nameOfClass({ target, label: null }, scores?.length);
}

const subjectOf = ({ pictureName, modelName }: Answer): string => `${pictureName} · ${modelName}`;

const withoutEnding = (name: string): string => name.replace(/\.[^.]*$/, "");

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
