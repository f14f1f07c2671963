import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The slowest files, slowest first. */
const slow = [
  "browser-graphics",
  "hostile-fuzz",
  "ort-forms",
  "browser-web",
  "tfjs-wasm-forms",
  "tfjs-wasm-networks",
  "browser-tfjs",
];

/**
 * Starts the slowest files first, so that the last one does not run alone; a fresh clone has no recorded times.
 * Files of a group that share a process stay together.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const place = slow.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  if (place >= 0) return place;
  return slow.length + Number(!project.config.isolate);
}
