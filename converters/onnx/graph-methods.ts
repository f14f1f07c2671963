import { emitAttributionMap } from "../../src/methods/core/attribution-map.js";
import { ofAllClasses } from "../../src/methods/core/explain.js";
import type { FullGradient } from "../../src/decomposition/full-gradient.js";
import type { GraphMethod, MethodNodes } from "../../src/methods/core/method.js";
import { UsageError } from "../../src/errors.js";
import { findMethod, methods } from "../../src/methods/all.js";
import type { Value } from "../../src/onnx/ir.js";

export type AnyGraphMethod = GraphMethod;

type Settings = Readonly<Record<string, unknown>>;

/** The methods that can be exported to a file: single-pass methods. */
export const graphMethodNames: readonly string[] = methods.flatMap((m) =>
  m.kind === "graph" && !m.feeds ? [m.name] : [],
);

/** @throws {UsageError} if the method is unknown or needs more than one pass; the message lists the valid ones */
export function findGraphMethod(name: string): AnyGraphMethod {
  const method = findMethod(name);
  if (method.kind === "graph" && !method.feeds) return method;
  const why =
    method.kind === "sampling"
      ? "evaluates many variants of an image, but a file is a single pass"
      : "needs values computed outside the file";
  throw new UsageError(
    `method "${name}" ${why}; the methods for files are ${graphMethodNames.join(", ")}`,
  );
}

/** The map [N,1,H,W] of a method. */
export function emitMap(full: FullGradient, method: AnyGraphMethod, settings: Settings): Value {
  const { map, attribution } = emitNodes(full, method, settings);
  return map ?? emitAttributionMap(full.b, attribution!, method.signed);
}

/** The maps [N,K,h,w] of all classes. @throws {UsageError} if the method explains one class at a time */
export function emitClassMaps(
  full: FullGradient,
  method: AnyGraphMethod,
  settings: Settings,
): Value {
  if (method.classMaps) return method.classMaps(full, settings);
  throw new UsageError(`${method.name} explains one class at a time; target all: ${ofAllClasses}`);
}

/** @throws {UsageError} if the method added inputs, for which a file has no values */
export function emitNodes(
  full: FullGradient,
  method: AnyGraphMethod,
  settings: Settings,
): MethodNodes {
  const nodes = method.emit(full, settings);
  if (!nodes.inputs || Object.keys(nodes.inputs).length === 0) return nodes;
  throw new UsageError(
    `method "${method.name}" needs ${Object.keys(nodes.inputs).join(", ")} as further inputs with these settings`,
  );
}
