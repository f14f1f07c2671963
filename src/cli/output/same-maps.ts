import { similarPairs } from "../../methods/core/map-similarity.js";
import { blindMethods } from "../../methods/usual-methods.js";

/** A method whose map of an image hardly depends on the class. */
export interface SameMaps {
  readonly image: string;
  readonly method: string;
  /** Classes with nearly the same map and Pearson's correlation of the two, the most alike first. */
  readonly pairs: readonly {
    readonly first: string;
    readonly second: string;
    readonly similarity: number;
  }[];
}

/** A class's map of an image. */
export interface ClassMap {
  readonly name: string;
  readonly map: Float32Array;
}

/** Classes of one image with nearly the same map; empty if there are none. */
export function sameMaps(
  image: string,
  method: string,
  classes: readonly ClassMap[],
): readonly SameMaps[] {
  // Baselines ignore the class by design.
  if (classes.length < 2 || blindMethods.includes(method)) return [];
  const pairs = similarPairs(classes).map(({ first, second, similarity }) => {
    return { first: first.name, second: second.name, similarity };
  });
  return pairs.length > 0 ? [{ image, method, pairs }] : [];
}

/** "chelsea: fullgrad gives 282 tiger cat and 281 tabby nearly the same map (correlation 0.980; 2 more pairs)" */
export function sameMapsLine({ image, method, pairs }: SameMaps): string {
  const { first, second, similarity } = pairs[0]!;
  const rest = pairs.length - 1;
  const more = rest === 0 ? "" : `; ${rest} more pair${rest > 1 ? "s" : ""}`;
  return `${image}: ${method} gives ${first} and ${second} nearly the same map (correlation ${similarity.toFixed(3)}${more})`;
}
