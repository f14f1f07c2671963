import { emitAttributionMap } from "../../src/methods/core/attribution-map.js";
import type { FullGradient } from "../../src/decomposition/full-gradient.js";
import type { GraphMethod, MethodNodes } from "../../src/methods/core/method.js";
import { UsageError } from "../../src/errors.js";
import { findMethod, methods } from "../../src/methods/all.js";
import type { Value } from "../../src/onnx/ir.js";

export type AnyGraphMethod = GraphMethod;

type Settings = Readonly<Record<string, unknown>>;

/** The methods that a file can hold: those of a single pass. */
export const graphMethodNames: readonly string[] = methods.flatMap((m) =>
  m.kind === "graph" && !m.feeds ? [m.name] : [],
);

/** @throws {UsageError} where there is no such method, or it takes more than one pass; says which there are */
export function findGraphMethod(name: string): AnyGraphMethod {
  const method = findMethod(name);
  if (method.kind === "graph" && !method.feeds) return method;
  const why =
    method.kind === "sampling"
      ? "looks at many variants of an image, and a file is one pass"
      : "needs values that are made outside";
  throw new UsageError(
    `method "${name}" ${why}; these can be part of a file: ${graphMethodNames.join(", ")}`,
  );
}

/** The map [N,1,H,W] of a method. */
export function emitMap(full: FullGradient, method: AnyGraphMethod, settings: Settings): Value {
  const { map, attribution } = emitNodes(full, method, settings);
  return map ?? emitAttributionMap(full.b, attribution!, method.signed);
}

/** @throws {UsageError} where the method added inputs, which nobody would give values */
export function emitNodes(
  full: FullGradient,
  method: AnyGraphMethod,
  settings: Settings,
): MethodNodes {
  const nodes = method.emit(full, settings);
  if (!nodes.inputs || Object.keys(nodes.inputs).length === 0) return nodes;
  throw new UsageError(
    `method "${method.name}" needs ${Object.keys(nodes.inputs).join(", ")} from outside with these settings`,
  );
}
