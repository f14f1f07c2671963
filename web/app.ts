import type { Answer } from "./answer.js";
import { nameOfTarget } from "./answer.js";
import type { Client } from "./engine/client.js";
import type { FirstAnswer } from "./build/explain-first.js";
import type { Question } from "./engine/protocol.js";
import { formatAddress, parseAddress } from "./keep/address.js";
import { keepFiles, keptFiles } from "./keep/file-store.js";
import { firstMethod, Results } from "./results.js";
import { Session } from "./session.js";
import { sortFiles } from "./sort-files.js";
import { showBiasTable } from "./views/answer/bias-table.js";
import { offerTargets, whenTargetChosen } from "./views/answer/target-picker.js";
import { whenFilesCome } from "./views/drop-zone.js";
import { showForget } from "./views/forget.js";
import { settingsOf } from "./views/method-form.js";
import { bundled, Models } from "./views/models.js";
import { PictureGrid } from "./views/picture-grid.js";
import { Pictures } from "./views/pictures.js";
import { clearProblems, showProblem } from "./views/problems.js";
import { hideProgress, say, showLoading, showProgress, whenCancelled } from "./views/progress.js";
import { SettingsForm } from "./views/settings-form.js";
import { inPageWords } from "./words/page-words.js";

/** Turns the user's choices into the shown results. A new request cancels the previous one. */
export class App {
  private readonly client: Client;
  private readonly first: FirstAnswer;
  private readonly form: SettingsForm;
  private readonly models: Models;
  private readonly pictures: Pictures;
  private readonly session: Session;
  private readonly results: Results;
  private readonly grid: PictureGrid;
  private target: string | number = "top";
  private versus: number | undefined;
  /** Whether the target was chosen for the current picture. */
  private isAsked = false;
  private run: AbortController | undefined;
  /** Methods still to run for the current request. */
  private queue: string[] = [];
  /** Those that run when their cards come into view. */
  private later: string[] = [];
  private waiting: AbortController | undefined;
  /** What the browser's store holds. */
  private kept: readonly unknown[] = [];

  constructor(client: Client, first: FirstAnswer) {
    this.client = client;
    this.first = first;
    this.results = new Results(first.methods, {
      onChoose: (target) => {
        this.explain(target);
      },
      onCompare: (versus) => {
        this.explain(this.results.answer!.explained.target, versus);
      },
      onEnlarge: () => {
        this.keep();
      },
      onRun: (name) => {
        if (name === firstMethod) void this.ask();
        else this.runAlso(name);
      },
      convert: async ({ name }) => {
        const asked = { method: name, settings: settingsOf(name), target: this.target };
        return (await this.client.ask("convert", asked)).bytes;
      },
    });
    this.form = new SettingsForm(() => void this.ask());
    this.models = new Models((model) => {
      this.isAsked = false;
      this.session.wantedModel = model;
      void this.ask();
    });
    this.pictures = new Pictures((picture) => {
      this.session.wantedPicture = picture;
      void this.ask();
    });
    this.grid = new PictureGrid((picture) => {
      this.session.wantedPicture = picture;
      void this.ask();
      document.getElementById("result")!.focus();
    });
    this.session = new Session(client, this.form, this.models, this.pictures);
    whenFilesCome((files) => {
      this.take(files);
    });
    whenTargetChosen((target) => {
      this.explain(target);
    });
    whenCancelled(() => {
      this.run?.abort();
      say("Cancelled.");
    });
  }

  private take(files: readonly File[]): void {
    const { incomplete } = this.session;
    const { model, pictures, beside } = sortFiles(files, incomplete !== undefined);
    this.isAsked = false;
    if (model) this.session.wantedModel = this.models.addOwn(model, beside);
    else if (incomplete?.file instanceof File && beside.length > 0) {
      const joined = [...incomplete.beside, ...beside];
      this.session.wantedModel = this.models.addOwn(incomplete.file, joined);
    }
    const [first] = pictures.map((picture) => this.pictures.addOwn(picture));
    if (first) this.session.wantedPicture = first;
    if (model || first || beside.length > 0) void this.ask();
  }

  /** Takes up the choices of the address and the files of the last visit. */
  async restore(): Promise<void> {
    const { session, results } = this;
    const { model, pictures, picture: last } = await keptFiles();
    if (session.wantedModel ?? session.wantedPicture) return;
    for (const file of pictures) this.pictures.addOwn(file);
    if (model) session.wantedModel = this.models.addOwn(model.file, model.beside);
    const { picture, target, versus, method } = parseAddress(location.hash);
    session.wantedPicture = this.pictures.find(picture ?? last);
    if (method !== undefined && results.isMethod(method)) {
      results.large = method;
      results.cards.add(method);
    }
    if (target !== undefined) {
      this.target = target;
      this.versus = versus;
      this.isAsked = true;
    }
    const source = session.wantedPicture?.source ?? { name: firstPicture };
    // A picture of the user's may have the same name.
    const isFirst = !(source instanceof File) && source.name === firstPicture;
    if (isFirst && !model && this.target === "top") await this.begin();
    else await this.ask();
  }

  /** Shows the answer that the build computed, and computes it again here. */
  private async begin(): Promise<void> {
    const { report, asked, explained } = this.first;
    const labels = await this.form.labels(report.output?.classes);
    this.session.wantedPicture = this.pictures.find(firstPicture);
    this.results.showFirst({
      ...{ report, asked, explained, labels, modelName: bundled.file.name },
      pictureName: this.session.wantedPicture!.source.name,
    });
    await this.ask();
  }

  /** Writes the choices into the address, and the user's files into the browser's store. */
  private keep(): void {
    const { session, results } = this;
    const { source } = session.wantedPicture!;
    const { target, versus } = results.answer!.explained;
    const address = formatAddress({
      ...(source instanceof File ? {} : { picture: source.name }),
      ...(this.target === "top" ? {} : { target }),
      ...(versus === undefined ? {} : { versus }),
      ...(results.large === firstMethod ? {} : { method: results.large }),
    });
    history.replaceState(null, "", address);
    const { own } = session;
    const key = [own.model?.file, ...own.pictures, own.picture];
    if (key.length === this.kept.length && key.every((file, i) => file === this.kept[i])) return;
    this.kept = key;
    showForget(own);
    void keepFiles(own);
  }

  private explain(target: string | number, versus?: number): void {
    this.target = target;
    this.versus = versus;
    this.isAsked = true;
    void this.ask();
  }

  /** Sends the request defined by the current model, picture, target and settings. */
  private async ask(): Promise<void> {
    this.session.wantedModel ??= bundled;
    this.session.mark();
    this.queue = [];
    this.later = [];
    this.waiting?.abort();
    await this.work(async (signal) => {
      const { results, session } = this;
      const file = session.wantedModel!.file.name;
      showProgress(`Loading ${file}`);
      const onLoaded = (done: number, total: number): void => {
        showLoading(`${file} and the engine`, done, total);
      };
      if ((await session.openModel(signal, onLoaded)) && !this.isAsked) this.aim("top");
      const report = session.report!;
      showBiasTable(report.inspection);
      const labels = await this.form.labels(report.output?.classes);
      offerTargets(report, labels);
      if (!session.wantedPicture) return;
      showProgress(`Reading ${session.wantedPicture.source.name}`);
      const isOther = await session.openPicture(signal);
      if (isOther && report.output?.classes !== undefined && !this.isAsked) this.aim("top");
      this.isAsked = false;
      showProgress("Decomposing the score");
      const { target, versus } = this;
      const { preprocessing, feeds } = this.form;
      const common = { preprocessing, feeds, ...(versus === undefined ? {} : { versus }) };
      const settings = settingsOf(firstMethod);
      const question = { ...common, target, method: firstMethod, settings };
      const explained = await session.explain(question, { signal });
      const asked = { ...common, target: explained.target };
      const answer: Answer = {
        ...{ report, labels, explained, asked },
        modelName: session.wantedModel!.file.name,
        pictureName: session.wantedPicture.source.name,
      };
      results.show(answer);
      this.keep();
      await this.mapParts(asked, signal);
      if (versus !== undefined) await this.compare(answer, versus, signal);
      const { cards, large } = results;
      const rest = cards.standing.filter((name) => name !== firstMethod && name !== large);
      const isStanding = large !== firstMethod && cards.standing.includes(large);
      this.queue = isStanding ? [large] : [];
      await this.runQueue(signal);
      await this.fillGrid(answer, signal);
      this.later = rest;
    });
    void this.runLater();
  }

  /** Runs the methods of the cards when these come into view. */
  private async runLater(): Promise<void> {
    const { later, results } = this;
    if (later.length === 0) return;
    this.waiting?.abort();
    const waiting = (this.waiting = new AbortController());
    const isSeen = await results.cards.whenSeen(waiting.signal);
    if (!isSeen || this.later !== later) return;
    this.later = [];
    this.queue.push(...later);
    for (const name of later) results.cards.set(name, { kind: "waiting" });
    if (!this.run) await this.work((signal) => this.runQueue(signal));
  }

  private aim(target: string | number): void {
    this.target = target;
    this.versus = undefined;
  }

  /** Fetches the maps of all parts, for which a region can then be asked. */
  private async mapParts(asked: Question, signal: AbortSignal): Promise<void> {
    showProgress("Mapping each layer");
    try {
      this.results.showMaps(await this.client.ask("map-parts", asked, { signal }));
    } catch (error) {
      if (signal.aborted) throw error;
      // A detection is explained without the maps of single layers; the answer stands.
      console.warn(error);
    }
  }

  /** Explains both classes of a difference, and the difference with its sign. */
  private async compare(answer: Answer, versus: number, signal: AbortSignal): Promise<void> {
    showProgress("Comparing the two classes");
    const { preprocessing, feeds, target } = answer.asked;
    const plain = { preprocessing, feeds, settings: {}, method: firstMethod };
    const ask = (asked: Parameters<Session["explain"]>[0]) =>
      this.session.explain(asked, { signal });
    const first = await ask({ ...plain, target });
    const second = await ask({ ...plain, target: versus });
    const difference = await ask({ ...plain, target, versus, method: "signed-fullgrad" });
    const names = [nameOfTarget(target, answer), nameOfTarget(versus, answer)] as const;
    this.results.showVersus({ names, first, second, difference });
  }

  /** Explains the top class of each of the user's pictures, where there are several. */
  private async fillGrid({ report, labels, asked }: Answer, signal: AbortSignal): Promise<void> {
    const { preprocessing, feeds } = asked;
    const pictures = this.pictures.own;
    const key = JSON.stringify([this.session.key, preprocessing]);
    for (const picture of this.grid.begin(pictures, key)) {
      const count = pictures.indexOf(picture) + 1;
      showProgress(
        `Explaining all pictures: ${picture.source.name}`,
        count,
        pictures.length,
        "pictures",
      );
      const question = { target: "top", preprocessing, feeds, method: firstMethod, settings: {} };
      try {
        const explained = await this.session.explain(question, { signal }, picture);
        this.grid.add(picture, { report, labels, explained });
      } catch (error) {
        if (signal.aborted) throw error;
        this.grid.fail(picture, messageOf(error));
      }
    }
  }

  /** Runs one more method for the shown explanation. */
  private runAlso(name: string): void {
    if (this.results.answer?.report !== this.session.report) {
      void this.ask();
      return;
    }
    this.queue.push(name);
    this.later = this.later.filter((other) => other !== name);
    this.results.cards.set(name, { kind: "waiting" });
    if (!this.run) void this.work((signal) => this.runQueue(signal));
  }

  private async runQueue(signal: AbortSignal): Promise<void> {
    const { cards, answer } = this.results;
    for (let name = this.queue.shift(); name !== undefined; name = this.queue.shift()) {
      const { title } = this.results.methodOf(name);
      const onProgress = (done: number, total: number): void => {
        showProgress(title, done, total);
      };
      showProgress(title);
      cards.set(name, { kind: "running" });
      try {
        const question = { ...answer!.asked, method: name, settings: settingsOf(name) };
        const explained = await this.session.explain(question, { signal, onProgress });
        cards.set(name, { kind: "done", explained });
        if (name === this.results.large) this.results.enlarge(name);
      } catch (error) {
        if (signal.aborted) throw error;
        // A method that fails on this model shows its error on its card; the others continue.
        cards.set(name, { kind: "failed", message: messageOf(error) });
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
      this.results.markOld();
    } finally {
      if (this.run === run) {
        this.run = undefined;
        this.queue = [];
        this.results.cards.stop();
        hideProgress();
      }
    }
  }
}

/** Of the answer that the build computed. */
const firstPicture = "chelsea.png";

const messageOf = (error: unknown): string =>
  inPageWords(error instanceof Error ? error.message : String(error));
