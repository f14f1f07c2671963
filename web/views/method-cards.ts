import { button, element, part } from "../dom.js";
import type { Explained, MethodReport } from "../engine/protocol.js";
import { formatSeconds } from "../numbers.js";
import type { Raster } from "../../src/image/raster.js";
import { paint } from "./drawing.js";
import { draw, type Look } from "./look.js";

const place = part("cards", HTMLElement);
const more = part("more-methods", HTMLSelectElement);
const add = part("add-method", HTMLButtonElement);

/** The state of a method's map. */
type State =
  | { readonly kind: "waiting" | "running" }
  | { readonly kind: "done"; readonly explained: Explained }
  | { readonly kind: "failed"; readonly message: string }
  /** Needs many passes, so it runs again only on request. */
  | { readonly kind: "asked" };

interface Card {
  readonly method: MethodReport;
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly choose: HTMLButtonElement;
  readonly note: HTMLElement;
  state: State;
}

interface Actions {
  readonly onChoose: (method: string) => void;
  readonly onRun: (method: string) => void;
}

/** The maps of the requested methods, side by side. */
export class MethodCards {
  private readonly actions: Actions;
  private readonly cards = new Map<string, Card>();
  private methods: readonly MethodReport[] = [];
  private look: Look;
  private chosen = "";
  private readonly picture = element("div", { class: "card picture-seen", "data-state": "done" });

  constructor(look: Look, actions: Actions) {
    this.look = look;
    this.actions = actions;
    place.append(this.picture);
    add.addEventListener("click", () => {
      const name = more.value;
      this.add(name);
      actions.onRun(name);
      this.cards.get(name)?.choose.focus();
    });
  }

  /** The default methods get a card at once; others can be added. */
  list(methods: readonly MethodReport[]): void {
    this.methods = methods;
    for (const { name, isUsual } of methods) if (isUsual) this.add(name);
    this.offer();
  }

  /** The single-pass methods, which run for every new request. */
  get standing(): readonly string[] {
    return [...this.cards.values()]
      .filter(({ method }) => method.kind === "graph")
      .map(({ method }) => method.name);
  }

  /** Waits until the cards come into view. @returns false if the signal was aborted before */
  whenSeen(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isSeen: boolean): void => {
        observer.disconnect();
        resolve(isSeen);
      };
      const observer = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) settle(true);
      });
      observer.observe(place);
      signal.addEventListener("abort", () => {
        settle(false);
      });
    });
  }

  explained(method: string): Explained | undefined {
    const state = this.cards.get(method)?.state;
    return state?.kind === "done" ? state.explained : undefined;
  }

  /** The methods with a map, in the order of the cards. */
  get done(): readonly { readonly method: MethodReport; readonly explained: Explained }[] {
    return [...this.cards.values()].flatMap(({ method, state }) =>
      state.kind === "done" ? [{ method, explained: state.explained }] : [],
    );
  }

  /** Starts a new request: old maps are replaced as new ones arrive. */
  begin(): void {
    for (const { method } of this.cards.values()) {
      this.set(method.name, { kind: method.kind === "graph" ? "waiting" : "asked" });
    }
  }

  /** Puts the network's input picture before the maps. */
  showPicture(view: Raster, about: string): void {
    const canvas = element("canvas", {
      role: "img",
      "aria-label": `${about} as the network sees it`,
    });
    paint(canvas, view);
    this.picture.replaceChildren(canvas, element("span", { class: "name" }, "Network input"));
  }

  set(name: string, state: State): void {
    const card = this.cards.get(name);
    if (!card) return;
    card.state = state;
    this.show(card);
  }

  /** Clears waiting cards after a cancelled request. */
  stop(): void {
    for (const { method, state } of this.cards.values()) {
      if (state.kind === "waiting" || state.kind === "running") {
        this.set(method.name, { kind: "asked" });
      }
    }
  }

  draw(look: Look): void {
    this.look = look;
    for (const card of this.cards.values()) this.show(card);
  }

  /** Marks the method shown large. */
  mark(name: string): void {
    this.chosen = name;
    for (const { method, choose } of this.cards.values()) {
      choose.setAttribute("aria-pressed", String(method.name === name));
    }
  }

  /** Adds a card for a method without one. */
  add(name: string): void {
    const method = this.methods.find((m) => m.name === name);
    if (!method || this.cards.has(name)) return;
    const canvas = element("canvas", { width: 224, height: 224, "aria-hidden": "true" });
    const text = element("span", { class: "name" }, method.title);
    const choose = button("", { class: "choose", "aria-pressed": "false", disabled: true }, () => {
      this.actions.onChoose(name);
    });
    choose.append(canvas, text);
    const note = element("p", { class: "note" });
    const root = element("div", { class: "card", "data-method": name }, choose, note);
    this.cards.set(name, { method, root, canvas, choose, note, state: { kind: "waiting" } });
    place.append(root);
    this.offer();
  }

  /** The methods without a card, single-pass methods first. */
  private offer(): void {
    const left = this.methods.filter(({ name }) => !this.cards.has(name));
    const group = (label: string, kind: MethodReport["kind"]): HTMLElement[] => {
      const options = left
        .filter((m) => m.kind === kind)
        .map(({ name, title }) => element("option", { value: name }, title));
      return options.length === 0 ? [] : [element("optgroup", { label }, ...options)];
    };
    more.replaceChildren(...group("one pass", "graph"), ...group("many passes", "sampling"));
    more.disabled = add.disabled = left.length === 0;
  }

  private show({ method, root, canvas, choose, note, state }: Card): void {
    root.dataset["state"] = state.kind;
    choose.disabled = state.kind !== "done";
    choose.setAttribute("aria-pressed", String(method.name === this.chosen));
    switch (state.kind) {
      case "done":
        paint(canvas, draw(state.explained, method.signed, this.look).raster);
        note.textContent = formatSeconds(state.explained.seconds);
        break;
      case "failed":
        note.textContent = state.message;
        break;
      case "asked":
        note.replaceChildren(
          button("Run", { "aria-label": `Run ${method.title}` }, () => {
            this.actions.onRun(method.name);
          }),
        );
        break;
      default:
        note.textContent = state.kind === "running" ? "running …" : "waiting";
    }
  }
}
