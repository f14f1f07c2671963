import type { AskOptions, Client } from "./engine/client.js";
import type { Explain, Explained, OpenedModel } from "./engine/protocol.js";
import type { ModelChoice, Models } from "./views/models.js";
import type { Picture, Pictures } from "./views/pictures.js";
import type { SettingsForm } from "./views/settings-form.js";

interface Opened {
  readonly choice: ModelChoice;
  readonly report: OpenedModel;
  /** With what it was opened: another key, and it has to be opened again. */
  readonly key: string;
}

/**
 * The model and the picture that are wanted, and what is open of them in the worker. A choice that cannot be opened is
 * taken back.
 */
export class Session {
  wantedModel: ModelChoice | undefined;
  wantedPicture: Picture | undefined;
  private readonly client: Client;
  private readonly form: SettingsForm;
  private readonly models: Models;
  private readonly pictures: Pictures;
  private model: Opened | undefined;
  private picture: { readonly picture: Picture; readonly generation: number } | undefined;

  constructor(client: Client, form: SettingsForm, models: Models, pictures: Pictures) {
    this.client = client;
    this.form = form;
    this.models = models;
    this.pictures = pictures;
  }

  /** The model that is open. */
  get report(): OpenedModel | undefined {
    return this.model?.report;
  }

  /** Marks what is wanted. */
  mark(): void {
    this.models.mark(
      this.wantedModel,
      this.model && this.model.choice === this.wantedModel ? this.model.report : undefined,
    );
    this.pictures.mark(this.wantedPicture);
  }

  /** @returns whether it is another model than before */
  async openModel(signal: AbortSignal): Promise<boolean> {
    const choice = this.wantedModel!;
    const isNew = this.model?.choice !== choice;
    const { provider } = this.form.model;
    const settings = isNew ? { provider } : this.form.model;
    const key = JSON.stringify([settings, this.client.generation]);
    if (!isNew && this.model?.key === key) return false;
    try {
      const { file, beside } = choice;
      const report = await this.client.ask("open-model", { file, beside, settings }, { signal });
      const opened = JSON.stringify([settings, this.client.generation]);
      this.model = { choice, report, key: opened };
    } catch (error) {
      if (isNew && !signal.aborted) {
        this.wantedModel = this.model?.choice;
        if (!choice.isSample) this.models.remove(choice);
        this.mark();
      }
      throw error;
    }
    if (isNew) await this.form.begin(choice.isSample);
    this.form.fit(this.model.report.inspection);
    // The form now names the output and input that were taken by default.
    this.model = { ...this.model, key: JSON.stringify([this.form.model, this.client.generation]) };
    this.mark();
    return isNew;
  }

  /** @returns whether it is another picture than before */
  async openPicture(signal: AbortSignal): Promise<boolean> {
    const picture = this.wantedPicture!;
    const { generation } = this.client;
    if (this.picture?.picture === picture && this.picture.generation === generation) return false;
    try {
      await this.client.ask("open-picture", picture.source, { signal });
      const isOther = this.picture !== undefined && this.picture.picture !== picture;
      this.picture = { picture, generation };
      return isOther;
    } catch (error) {
      if (!signal.aborted) {
        this.wantedPicture = this.picture?.picture;
        if (picture.source instanceof File) this.pictures.remove(picture);
        this.mark();
      }
      throw error;
    }
  }

  explain(asked: Explain, options: AskOptions): Promise<Explained> {
    return this.client.ask("explain", asked, options);
  }
}
