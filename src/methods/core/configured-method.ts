import type { GraphMethod, Method } from "./method.js";
import type { SettingsOf } from "./settings.js";

/** A method with settings of its own; omitted ones have their defaults. */
export interface ConfiguredMethod<M extends Method = Method> {
  readonly method: M;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A method whose map comes with the sums of all terms. */
export type DecomposingMethod = GraphMethod & { readonly decomposes: true };

/** The settings of a method, all optional. */
export type GivenSettings<M extends Method> = Partial<SettingsOf<M["settings"]>>;

/**
 * A built-in or custom method with settings.
 *
 * @example
 * ```ts
 * await model.explain(x, { method: withSettings(myMethod, { samples: 20 }) });
 * ```
 */
export function withSettings<M extends Method>(
  method: M,
  settings: GivenSettings<M> = {},
): ConfiguredMethod<M> {
  return { method, settings };
}

/** A method as a function of its settings: `integratedGradients({ steps: 50 })`. */
export const withSettingsOf =
  <M extends Method>(method: M) =>
  (settings?: GivenSettings<M>): ConfiguredMethod<M> =>
    withSettings(method, settings);

export const isConfigured = (asked: Method | ConfiguredMethod): asked is ConfiguredMethod =>
  "method" in asked;
