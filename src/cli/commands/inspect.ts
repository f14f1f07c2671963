import type { Inspection } from "../../runtime/inspection-report.js";
import { UnsupportedModelError } from "../../errors.js";
import { exitCodes } from "../exit-codes.js";
import { readModel } from "../input/model-file.js";
import type { ModelFlags } from "../flags/model-flags.js";
import { Reporter, type Io } from "../output/reporter.js";
import { inspectionText } from "../output/tables.js";

/** `fullgrad inspect`: what is in a model and whether it can be explained. Returns the exit code. */
export async function inspect(path: string, flags: ModelFlags, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const inspection = await look(path, flags);
  reporter.document({ model: path, ...inspection });
  reporter.line(inspectionText(path, inspection));
  return inspection.explainable ? exitCodes.done : exitCodes.unexplainable;
}

/** A model that cannot even be read into a graph, for what it holds, has a report of its holes alone. */
async function look(path: string, flags: ModelFlags): Promise<Inspection> {
  try {
    return (await readModel(path, flags)).inspection;
  } catch (error) {
    if (!(error instanceof UnsupportedModelError)) throw error;
    const nothing = { inputs: [], outputs: [], operators: {}, biases: [], layers: [] };
    const unsupported = error.holes.map((hole) => ({ ...hole, needed: true }));
    return { ...nothing, unsupported, explainable: false };
  }
}
