import type { AskOptions, Client } from "./engine/client.js";
import type { KeptFiles } from "./keep/file-store.js";
import type { Explain, Explained, OpenedModel } from "./engine/protocol.js";
import type { ModelChoice, Models } from "./views/models.js";
import type { Picture, Pictures } from "./views/pictures.js";
import type { SettingsForm } from "./views/settings-form.js";

interface Opened {
  readonly choice: ModelChoice;
  readonly report: OpenedModel;
  /** Identifies the file and settings; if it changes, the model or picture is opened again. */
  readonly key: string;
}

/**
 * The chosen model and picture, and those open in the worker. A choice that fails to open is reverted.
 */
export class Session {
  wantedModel: ModelChoice | undefined;
  wantedPicture: Picture | undefined;
  /** A model that waits for a file with its weights. */
  incomplete: ModelChoice | undefined;
  private readonly client: Client;
  private readonly form: SettingsForm;
  private readonly models: Models;
  private readonly pictures: Pictures;
  private model: Opened | undefined;
  /** Open in the worker; undefined while another one is being opened. */
  private picture: { readonly picture: Picture; readonly generation: number } | undefined;
  /** The picture of the last answer. */
  private answered: Picture | undefined;

  constructor(client: Client, form: SettingsForm, models: Models, pictures: Pictures) {
    this.client = client;
    this.form = form;
    this.models = models;
    this.pictures = pictures;
  }

  /** The open model. */
  get report(): OpenedModel | undefined {
    return this.model?.report;
  }

  /** Identifies the open model and its settings. */
  get key(): string {
    const { choice, report, key } = this.model!;
    return `${choice.file.name} ${report.bytes} ${key}`;
  }

  /** Marks the chosen model and picture. */
  mark(): void {
    this.models.mark(
      this.wantedModel,
      this.model && this.model.choice === this.wantedModel ? this.model.report : undefined,
    );
    this.pictures.mark(this.wantedPicture);
  }

  /** @returns whether the model has changed */
  async openModel(
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<boolean> {
    const choice = this.wantedModel!;
    const isNew = this.model?.choice !== choice;
    const { provider } = this.form.model;
    const settings = isNew ? { provider } : this.form.model;
    const key = JSON.stringify([settings, this.client.generation]);
    if (!isNew && this.model?.key === key) return false;
    try {
      const { file, beside } = choice;
      const report = await this.client.ask(
        "open-model",
        { file, beside, settings },
        { signal, onProgress },
      );
      const opened = JSON.stringify([settings, this.client.generation]);
      this.model = { choice, report, key: opened };
    } catch (error) {
      if (isNew && !signal.aborted) {
        this.wantedModel = this.model?.choice;
        this.incomplete = (error as Error).name === "ExternalDataError" ? choice : undefined;
        if (!choice.isSample) this.models.remove(choice);
        this.mark();
      }
      throw error;
    }
    this.incomplete = undefined;
    if (isNew) await this.form.begin(choice.isSample);
    this.form.fit(this.model.report.inspection);
    // The form now shows the default output and input.
    this.model = { ...this.model, key: JSON.stringify([this.form.model, this.client.generation]) };
    this.mark();
    return isNew;
  }

  /** @returns whether the picture has changed */
  async openPicture(signal: AbortSignal): Promise<boolean> {
    const picture = this.wantedPicture!;
    try {
      await this.bring(picture, { signal });
      const isOther = this.answered !== undefined && this.answered !== picture;
      this.answered = picture;
      return isOther;
    } catch (error) {
      if (!signal.aborted) {
        this.wantedPicture = this.answered;
        if (picture.source instanceof File) this.pictures.remove(picture);
        this.mark();
      }
      throw error;
    }
  }

  /** Opens a picture in the worker, unless it is the one that is open. */
  private async bring(picture: Picture, options: AskOptions): Promise<void> {
    const { generation } = this.client;
    if (this.picture?.picture === picture && this.picture.generation === generation) return;
    this.picture = undefined;
    await this.client.ask("open-picture", picture.source, options);
    this.picture = { picture, generation: this.client.generation };
  }

  /** The user's own files, to be kept for the next visit. */
  get own(): KeptFiles {
    const { choice } = this.model ?? {};
    return {
      ...(choice?.file instanceof File
        ? { model: { file: choice.file, beside: choice.beside } }
        : {}),
      pictures: this.pictures.own.map(({ source }) => source as File),
      ...(this.wantedPicture ? { picture: this.wantedPicture.source.name } : {}),
    };
  }

  /** Explains the picture of the last answer, or another one. */
  async explain(asked: Explain, options: AskOptions, picture = this.answered!): Promise<Explained> {
    await this.bring(picture, options);
    return this.client.ask("explain", asked, options);
  }
}
