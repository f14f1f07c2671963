import { element, part } from "../../dom.js";
import { matchClasses, type NamedClass } from "../../words/match-classes.js";

const list = part("classes", HTMLUListElement);

/**
 * Lists classes while their name is typed.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */
export class ClassSearch {
  private readonly field: HTMLInputElement;
  private readonly onChoose: () => void;
  private classes: readonly NamedClass[] = [];
  private active = -1;

  /** @param onChoose called when a class of the list was put into the field */
  constructor(field: HTMLInputElement, onChoose: () => void) {
    this.field = field;
    this.onChoose = onChoose;
    field.addEventListener("input", () => {
      this.find();
    });
    field.addEventListener("blur", () => {
      this.close();
    });
    field.addEventListener("keydown", (event) => {
      if (this.press(event.key)) event.preventDefault();
    });
  }

  offer(classes: readonly NamedClass[]): void {
    this.classes = classes;
    this.close();
  }

  close(): void {
    list.hidden = true;
    this.active = -1;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  private find(): void {
    const found = matchClasses(this.classes, this.field.value);
    if (found.length === 0) {
      this.close();
      return;
    }
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    list.replaceChildren(
      ...found.map(({ index, name }, i) => {
        const option = element(
          "li",
          { role: "option", id: `class-${i}`, "aria-selected": "false", "data-class": index },
          name,
          element("span", { class: "faint" }, ` ${index}`),
        );
        // Before the field loses the focus, which closes the list.
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.choose(option);
        });
        return option;
      }),
    );
  }

  private press(key: string): boolean {
    const options = [...list.querySelectorAll<HTMLElement>("li")];
    if (key === "Escape" && !list.hidden) {
      this.close();
      return true;
    }
    if (key === "Enter" && !list.hidden && this.active >= 0) {
      this.choose(options[this.active]!);
      return true;
    }
    if (key !== "ArrowDown" && key !== "ArrowUp") return false;
    if (list.hidden) this.find();
    else this.move(options, key === "ArrowDown" ? 1 : -1);
    return true;
  }

  private move(options: readonly HTMLElement[], by: number): void {
    this.active = (Math.max(this.active, by < 0 ? 0 : -1) + by + options.length) % options.length;
    for (const [i, option] of options.entries()) {
      option.setAttribute("aria-selected", String(i === this.active));
    }
    this.field.setAttribute("aria-activedescendant", `class-${this.active}`);
  }

  private choose(option: HTMLElement): void {
    this.field.value = option.dataset["class"]!;
    this.close();
    this.onChoose();
  }
}
