import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Slots, WorkAhead } from "../../../../../src/cli/commands/explain/work-ahead.js";

/** Work that is done after so many turns of the event loop. */
async function after<T>(turns: number, result: T): Promise<T> {
  for (let i = 0; i < turns; i++) await setImmediate();
  return result;
}

describe("WorkAhead", () => {
  it("takes results in the order in which their work began, whichever is done first", async () => {
    const ahead = new WorkAhead(() => 3);
    const taken: number[] = [];
    for (const [i, turns] of [9, 1, 5, 2, 7, 1].entries()) {
      await ahead.add(after(turns, () => void taken.push(i)));
      expect(taken.length).toBe(Math.max(0, i - 2));
    }
    await ahead.finish();
    expect(taken).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("takes each result before the next work begins where nothing goes on ahead", async () => {
    const ahead = new WorkAhead(() => 0);
    const taken: string[] = [];
    await ahead.add(after(3, () => void taken.push("a")));
    expect(taken).toEqual(["a"]);
  });

  it("throws an error when its turn comes, after the results before it", async () => {
    const ahead = new WorkAhead(() => 2);
    const taken: string[] = [];
    await ahead.add(after(4, () => void taken.push("a")));
    await ahead.add(Promise.reject(new Error("b")));
    await ahead.add(after(1, () => void taken.push("c"))).catch(() => undefined);
    await expect(ahead.finish()).rejects.toThrow("b");
    expect(taken).toEqual(["a"]);
  });
});

describe("Slots", () => {
  it("let so many tasks run at once, in the order in which they came", async () => {
    const slots = new Slots(() => 2);
    let [running, most] = [0, 0];
    const begun: number[] = [];
    const task = (i: number) => async (): Promise<void> => {
      begun.push(i);
      most = Math.max(most, ++running);
      await after(5 - i, undefined);
      running--;
    };
    await Promise.all([0, 1, 2, 3, 4].map((i) => slots.use(task(i))));
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it("are free again after a task that failed", async () => {
    const slots = new Slots(() => 1);
    await expect(slots.use(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await slots.use(() => Promise.resolve(1))).toBe(1);
  });
});
