import { colormaps, type ColormapName } from "../../src/draw/colormap.js";
import { element, part } from "../dom.js";
import type { Look } from "./look.js";

const opacity = part("opacity", HTMLInputElement);
const said = part("opacity-said", HTMLOutputElement);
const colours = part("colours", HTMLSelectElement);
const over = part("over", HTMLInputElement);

/** The controls for opacity and colours. */
export function lookControls(onChange: () => void): () => Look {
  colours.append(
    element("option", { value: "auto" }, "automatic"),
    ...colormaps.map((name) => element("option", { value: name }, name)),
  );
  for (const control of [opacity, colours, over]) {
    control.addEventListener("input", () => {
      said.value = `${opacity.value} %`;
      opacity.disabled = !over.checked;
      onChange();
    });
  }
  return () => ({
    opacity: opacity.valueAsNumber / 100,
    colormap: colours.value as ColormapName | "auto",
    over: over.checked,
  });
}
