import type { Method } from "../engine/method.js";
import { listed, type Setting } from "../engine/settings.js";
import { UsageError } from "../errors.js";
import { fullgrad } from "./fullgrad.js";
import { gradientXInput } from "./gradient-x-input.js";
import { gradient } from "./gradient.js";
import { integratedGradients } from "./integrated-gradients.js";

const table = [fullgrad, gradient, gradientXInput, integratedGradients] as const;

/** Every method, under the name that the command line and the library know it by. */
export const methods: readonly Method[] = table;

/** The settings of all methods; {@link methods} tells which method has which. */
export type MethodSettings = { readonly [K in KeyOf<Table>]?: ValueOf<Table, K> };

type Table = (typeof table)[number]["settings"];
type KeyOf<U> = U extends unknown ? keyof U : never;
type ValueOf<U, K extends PropertyKey> =
  U extends Readonly<Record<K, Setting<infer T>>> ? T : never;

/** @throws {UsageError} where there is none of this name; says which there are */
export function findMethod(name: string): Method {
  const method = methods.find((m) => m.name === name);
  if (method) return method;
  throw new UsageError(`no method "${name}"; there are ${listed(methods.map((m) => m.name))}`);
}
