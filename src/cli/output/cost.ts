/** A task to measure. */
export interface BenchTask {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Time of one run, and processor time of the whole process, which other processes disturb less. */
export interface RunTime {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The cost of a task. */
export interface Cost {
  readonly name: string;
  /** The first run, which compiles. */
  readonly cold: RunTime;
  /** Of the later ones: the fastest, by either clock. */
  readonly warm: RunTime;
  readonly medianSeconds: number;
  /** What the process holds after the first run, and the most that it ever held by then. */
  readonly residentBytes: number;
  readonly peakBytes: number;
}

export interface MeasureOptions {
  /** Warm runs of each task. */
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number, name: string) => void;
}

const turns = 3;

/**
 * Measures the cost of each task. Tasks take turns, so that other load affects all of them. The first run of each turn
 * does not count as warm: the turn of another task may have freed its compiled graph.
 */
export async function measureCosts(
  tasks: readonly BenchTask[],
  { runs, signal, onProgress }: MeasureOptions,
): Promise<readonly Cost[]> {
  const first = new Map<string, Omit<Cost, "warm" | "medianSeconds">>();
  const later = new Map<string, RunTime[]>();
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { name, run }] of tasks.entries()) {
      onProgress(turn * tasks.length + i, turns * tasks.length, name);
      const cold = await timed(run);
      if (!first.has(name)) first.set(name, { name, cold, ...memory() });
      const times = later.get(name) ?? [];
      later.set(name, times);
      const until = Math.ceil(((turn + 1) * runs) / turns);
      while (times.length < until) {
        signal.throwIfAborted();
        times.push(await timed(run));
      }
    }
  }
  return tasks.map(({ name }) => {
    const times = later.get(name)!;
    const seconds = times.map((t) => t.seconds).sort((p, q) => p - q);
    const cpuSeconds = times.reduce((least, t) => Math.min(least, t.cpuSeconds), Infinity);
    return {
      ...first.get(name)!,
      warm: { seconds: seconds[0]!, cpuSeconds },
      medianSeconds: seconds[Math.floor(seconds.length / 2)]!,
    };
  });
}

async function timed(run: () => Promise<unknown>): Promise<RunTime> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6 };
}

const memory = (): { residentBytes: number; peakBytes: number } => ({
  residentBytes: process.memoryUsage.rss(),
  peakBytes: process.resourceUsage().maxRSS * 1024,
});
