import type { Engine, TfTensor } from "../engine.js";
import type { Program, Step, ValueId } from "../program.js";
import { float32, tensor, type Tensor } from "../../../tensor/tensor.js";
import { toTf } from "./border.js";
import { compute } from "./kernels.js";

/** Constant folding: replaces steps on constants alone (transposed weights) by their results. */
export async function foldProgram(engine: Engine, program: Program): Promise<Program> {
  const constants = new Map(program.constants);
  const rest: Step[] = [];
  for (const step of program.steps) {
    const isStill = step.inputs.length > 0 && step.inputs.every((id) => constants.has(id));
    if (!isStill) {
      rest.push(step);
      continue;
    }
    const written = engine.use(() => {
      const read = step.inputs.map((id) => toTf(engine.tf, constants.get(id)!));
      return [...compute(engine.tf, step, read)];
    });
    for (const [i, id] of step.outputs.entries()) constants.set(id, await numbersOf(written[i]!));
    for (const t of written) t.dispose();
  }
  const read = new Set<ValueId>([
    ...rest.flatMap((step) => step.inputs),
    ...program.outputs.map((port) => port.value),
  ]);
  return {
    ...program,
    steps: rest,
    constants: new Map([...constants].filter(([id]) => read.has(id))),
  };
}

async function numbersOf(t: TfTensor): Promise<Tensor> {
  const data = await t.data();
  return t.dtype === "int32"
    ? tensor("int32", t.shape, data as Int32Array<ArrayBuffer>)
    : float32(t.shape, data);
}
