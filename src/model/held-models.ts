import type { Tensor } from "../tensor/tensor.js";
import type { Model } from "./model.js";
import type { Feeds } from "./model-options.js";

/** One picture of a batch, with the values of the other inputs. */
export interface HeldPicture {
  readonly x: Tensor;
  readonly sample: number;
  readonly feeds: Feeds;
}

interface Held {
  readonly picture: HeldPicture;
  readonly models: Map<string, Promise<Model>>;
  /** Requests under way. */
  users: number;
}

/**
 * Models specialised to the selections of one picture, by explained value; the models of the most recent picture are
 * kept.
 */
export class HeldModels {
  private last: Held | undefined;

  /** Runs a request on the model of a value, which is created on first use and not freed before the request is done. */
  async use<T>(
    picture: HeldPicture,
    value: string,
    make: () => Promise<Model>,
    question: (model: Model) => Promise<T>,
  ): Promise<T> {
    const held = this.heldFor(picture);
    held.users++;
    try {
      const model = held.models.get(value) ?? make();
      held.models.set(value, model);
      return await question(await model);
    } finally {
      held.users--;
      if (held !== this.last) await freed(held);
    }
  }

  async dispose(): Promise<void> {
    const { last } = this;
    this.last = undefined;
    if (last) await freed(last);
  }

  private heldFor(picture: HeldPicture): Held {
    const { last } = this;
    const isSame =
      last?.picture.x === picture.x &&
      last.picture.sample === picture.sample &&
      last.picture.feeds === picture.feeds;
    if (isSame) return last;
    const fresh: Held = { picture, models: new Map(), users: 0 };
    this.last = fresh;
    if (last) void freed(last);
    return fresh;
  }
}

/** Frees models without pending requests; a failed construction has already been reported. */
async function freed({ models, users }: Held): Promise<void> {
  if (users > 0) return;
  const made = await Promise.allSettled(models.values());
  models.clear();
  for (const result of made) if (result.status === "fulfilled") await result.value.dispose();
}
