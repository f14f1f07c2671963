import { endsRun, messageOf } from "../exit-codes.js";
import type { Failure } from "../input/search-folder.js";

/**
 * Runs a task on all items at once; if it fails, on each item alone, so that one bad item is one failure.
 *
 * @returns the result for all, or the results of those that did not fail
 * @throws errors that concern the whole run: see {@link endsRun}
 */
export async function eachOrAll<T, R>(
  items: readonly T[],
  run: (items: readonly T[]) => Promise<R>,
  onFailure: (item: T, error: unknown) => void,
): Promise<R[]> {
  if (items.length === 0) return [];
  try {
    return [await run(items)];
  } catch (error) {
    if (endsRun(error)) throw error;
    if (items.length === 1) {
      onFailure(items[0]!, error);
      return [];
    }
    const results: R[] = [];
    for (const item of items) results.push(...(await eachOrAll([item], run, onFailure)));
    return results;
  }
}

/** The failure of an input, with a message that names it. */
export function failureOf(input: string, error: unknown, place = input): Failure {
  const message = messageOf(error).trim();
  return { input, error: message.includes(input) ? message : `${place}: ${message}` };
}
