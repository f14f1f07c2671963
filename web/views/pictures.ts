import { button, element, part } from "../dom.js";
import type { Source } from "../engine/protocol.js";
import { samplePictures } from "../samples.js";

const place = part("pictures", HTMLElement);

/** A selectable picture. */
export interface Picture {
  readonly source: Source;
  /** "chelsea.png, a cat" */
  readonly about: string;
}

/** The bundled photographs and the user's own. */
export class Pictures {
  private readonly onChoose: (picture: Picture) => void;
  private readonly buttons = new Map<Picture, HTMLButtonElement>();

  constructor(onChoose: (picture: Picture) => void) {
    this.onChoose = onChoose;
    for (const { name, url, about } of samplePictures) {
      this.add({ source: { name, url }, about: `${name}, ${about}` }, url);
    }
  }

  /** Adds a file of the user's. */
  addOwn(file: File): Picture {
    const picture = { source: file, about: file.name };
    this.add(picture, URL.createObjectURL(file));
    return picture;
  }

  /** The user's own pictures. */
  get own(): readonly Picture[] {
    return [...this.buttons.keys()].filter(({ source }) => source instanceof File);
  }

  find(name: string | undefined): Picture | undefined {
    return [...this.buttons.keys()].findLast(({ source }) => source.name === name);
  }

  remove(picture: Picture): void {
    const made = this.buttons.get(picture);
    if (made) URL.revokeObjectURL(made.querySelector("img")!.src);
    made?.remove();
    this.buttons.delete(picture);
  }

  mark(chosen: Picture | undefined): void {
    for (const [picture, made] of this.buttons) {
      made.setAttribute("aria-pressed", String(picture === chosen));
    }
  }

  private add(picture: Picture, url: string): void {
    const image = element("img", { src: url, alt: picture.about, width: 72, height: 72 });
    const made = button("", { class: "picture", "aria-pressed": "false" }, () => {
      this.onChoose(picture);
    });
    made.title = picture.about;
    made.append(image);
    this.buttons.set(picture, made);
    place.append(made);
  }
}
