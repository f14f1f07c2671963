import type { Inspection } from "../../runtime/inspection-report.js";
import { UnsupportedModelError } from "../../errors.js";
import { exitCodes } from "../exit-codes.js";
import { conversionOf, readModel } from "../input/model-file.js";
import type { ModelFlags } from "../flags/model-flags.js";
import { Reporter, type Io } from "../output/reporter.js";
import { inspectionText } from "../output/tables.js";
import { dataWithFlags } from "../flags/flag-names.js";

/** `fullgrad inspect`: the contents of a model, and whether it can be explained. Returns the exit code. */
export async function inspect(path: string, flags: ModelFlags, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const { inspection, conversion } = dataWithFlags(await look(path, flags));
  if (conversion !== undefined) reporter.note(`${path} is ${conversion}`);
  reporter.document({
    model: path,
    ...inspection,
    ...(conversion === undefined ? {} : { conversion }),
  });
  reporter.line(inspectionText(path, inspection));
  return inspection.explainable ? exitCodes.done : exitCodes.unexplainable;
}

interface Look {
  readonly inspection: Inspection;
  /** Of a file that `fullgrad convert` made. */
  readonly conversion: string | undefined;
}

/** A model that cannot be imported has a report of its unsupported nodes alone. */
async function look(path: string, flags: ModelFlags): Promise<Look> {
  try {
    const file = await readModel(path, flags);
    return { inspection: file.inspection, conversion: conversionOf(file) };
  } catch (error) {
    if (!(error instanceof UnsupportedModelError)) throw error;
    const nothing = { inputs: [], outputs: [], operators: {}, biases: [], layers: [] };
    const unsupported = error.holes.map((hole) => ({ ...hole, needed: true }));
    return { inspection: { ...nothing, unsupported, explainable: false }, conversion: undefined };
  }
}
