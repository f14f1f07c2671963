import { similarPairs } from "../engine/map-similarity.js";
import type { ComparedSample } from "./compared-sample.js";
import { baselines } from "./method-choice.js";

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

/** @param classes one image, explained for several classes */
export function sameMaps(classes: readonly ComparedSample[]): readonly SameMaps[] {
  const [one, ...others] = classes;
  if (!one || others.length === 0) return [];
  return one.outcomes.flatMap(({ method }, m) => {
    // A baseline knows nothing of the class, and says so.
    if (baselines.includes(method)) return [];
    const maps = classes.flatMap(({ row }) => {
      const compared = row.maps[m]!;
      return "map" in compared ? [{ name: row.caption[1]!, map: compared.map.data }] : [];
    });
    const pairs = similarPairs(maps).map(({ first, second, similarity }) => {
      return { first: first.name, second: second.name, similarity };
    });
    return pairs.length > 0 ? [{ image: one.row.caption[0]!, method, pairs }] : [];
  });
}

/** "chelsea.png: fullgrad gives 282 tiger cat and 281 tabby nearly the same map (correlation 0.980; 2 more pairs)" */
export function sameMapsLine({ image, method, pairs }: SameMaps): string {
  const { first, second, similarity } = pairs[0]!;
  const rest = pairs.length - 1;
  const more = rest === 0 ? "" : `; ${rest} more pair${rest > 1 ? "s" : ""}`;
  return `${image}: ${method} gives ${first} and ${second} nearly the same map (correlation ${similarity.toFixed(3)}${more})`;
}
