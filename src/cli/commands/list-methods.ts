import type { Method } from "../../methods/core/method.js";
import { findMethod, methods } from "../../methods/all.js";
import { exitCodes } from "../exit-codes.js";
import { Reporter, type Io, type ReporterOptions } from "../output/reporter.js";

/**
 * `fullgrad methods`: the methods with their papers and settings. Returns the exit code.
 *
 * @throws {UsageError} if a name is unknown
 */
export function listMethods(names: readonly string[], flags: ReporterOptions, io: Io): number {
  const reporter = new Reporter(io, flags);
  const shown = names.length === 0 ? methods : names.map(findMethod);
  reporter.document({
    methods: shown.map(({ name, title, paper, signed, attributes, kind, settings }) => ({
      ...{ name, title, paper, signed, attributes },
      passes: kind === "graph" ? "one" : "many",
      settings: Object.entries(settings).map(([key, { default: fallback, takes, about }]) => {
        return { name: key, default: fallback ?? null, takes, about };
      }),
    })),
  });
  reporter.line(shown.map(methodText).join("\n\n"));
  return exitCodes.done;
}

function methodText({ name, title, paper, settings }: Method): string {
  const rows = Object.entries(settings).map(([key, { default: fallback, takes, about }]) => {
    const unless = fallback === undefined ? "" : ` (default ${JSON.stringify(fallback)})`;
    return `    --set ${key}=…  ${takes}${unless}: ${about}`;
  });
  return [`${name}  ${title}`, `    ${paper}`, ...rows].join("\n");
}
