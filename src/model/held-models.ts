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

/** Models that hold the choices of one picture, by the value that they explain; those of the last picture are kept. */
export class HeldModels {
  private last: Held | undefined;

  /** Asks the model of a value, which is made where there is none. It is not freed before it has answered. */
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

/** Frees models that nobody asks any more; one that could not be made has been reported. */
async function freed({ models, users }: Held): Promise<void> {
  if (users > 0) return;
  const made = await Promise.allSettled(models.values());
  models.clear();
  for (const result of made) if (result.status === "fulfilled") await result.value.dispose();
}
