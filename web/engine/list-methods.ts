import { graphMethodNames } from "../../converters/onnx/graph-methods.js";
import { methods } from "../../src/methods/all.js";
import { usualMethods } from "../../src/methods/usual-methods.js";
import type { MethodReport } from "./protocol.js";

/** All methods. Single-pass methods in the default set of `compare` are shown by default. */
export function listMethods(): readonly MethodReport[] {
  return methods.map((method) => ({
    name: method.name,
    title: method.title,
    paper: method.paper,
    signed: method.signed,
    kind: method.kind,
    isUsual: method.kind === "graph" && usualMethods.includes(method),
    isPortable: graphMethodNames.includes(method.name),
    settings: Object.entries(method.settings)
      .filter(([, setting]) => setting.takes !== "a tensor")
      .map(([name, { about, takes, words, default: fallback }]) => {
        const given = fallback === undefined ? "" : fallback;
        const text = typeof given === "string" ? given : JSON.stringify(given);
        return {
          name,
          about,
          takes,
          fallback: text,
          ...(words ? { words } : {}),
        };
      }),
  }));
}
