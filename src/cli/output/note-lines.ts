import type { Note } from "../../methods/core/notes.js";

/** A note with the image and the method that it is about. */
export interface SaidNote extends Note {
  readonly image: string;
  readonly method: string;
}

/** "cat.png and 3 more, gradient, lrp: the score is a probability …": one line for each thing that is said. */
export function noteLines(said: readonly SaidNote[]): readonly string[] {
  const messages = [...new Set(said.map(({ message }) => message))];
  return messages.map((message) => {
    const same = said.filter((note) => note.message === message);
    const [image, ...others] = [...new Set(same.map((note) => note.image))];
    const methods = [...new Set(same.map((note) => note.method))];
    const images = others.length === 0 ? image! : `${image!} and ${others.length} more`;
    return `${images}, ${methods.join(", ")}: ${message}`;
  });
}
