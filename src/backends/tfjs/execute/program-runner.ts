import type { Engine, TfTensor } from "../engine.js";
import type { Program, Step, ValueId } from "../program.js";
import { compute } from "./kernels.js";
import { toTf } from "./border.js";

/**
 * Runs a program on an engine. Results that depend on constants alone (transposed weights) are computed once and
 * kept; all other tensors are freed after their last use.
 */
export class ProgramRunner {
  readonly program: Program;
  private readonly engine: Engine;
  /** Constants that the steps of a run read. */
  private readonly kept: ReadonlyMap<ValueId, TfTensor>;
  private readonly steps: readonly Step[];
  /** For each step, the values that are dead after it. */
  private readonly last: readonly (readonly ValueId[])[];

  constructor(engine: Engine, program: Program) {
    this.engine = engine;
    this.program = program;
    const still = new Set(program.constants.keys());
    const once: Step[] = [];
    const steps: Step[] = [];
    for (const step of program.steps) {
      const isStill = step.inputs.length > 0 && step.inputs.every((id) => still.has(id));
      if (isStill) step.outputs.forEach((id) => still.add(id));
      (isStill ? once : steps).push(step);
    }
    this.steps = steps;
    this.kept = this.prepare(once, still);
    this.last = lastReads(steps, new Set([...still, ...this.ports()]));
  }

  /**
   * Runs the program on tensors in the order and layouts of its inputs; outputs are returned likewise. The caller
   * keeps ownership of the inputs and takes ownership of the outputs.
   */
  run(inputs: readonly TfTensor[]): TfTensor[] {
    const { tf } = this.engine;
    return this.engine.use(() => {
      const values = new Map(this.kept);
      this.program.inputs.forEach((port, i) => values.set(port.value, inputs[i]!));
      this.steps.forEach((step, i) => {
        const read = step.inputs.map((id) => values.get(id)!);
        const written = compute(tf, step, read);
        step.outputs.forEach((id, k) => values.set(id, written[k]!));
        for (const id of this.last[i]!) {
          values.get(id)!.dispose();
          values.delete(id);
        }
      });
      // An output may also be an input, a constant, or another output.
      return this.program.outputs.map((port) => tf.clone(values.get(port.value)!));
    });
  }

  dispose(): void {
    for (const tensor of this.kept.values()) tensor.dispose();
  }

  private ports(): readonly ValueId[] {
    return [...this.program.inputs, ...this.program.outputs].map((port) => port.value);
  }

  private prepare(once: readonly Step[], still: ReadonlySet<ValueId>): Map<ValueId, TfTensor> {
    const { tf } = this.engine;
    const read = new Set([...this.steps.flatMap((step) => step.inputs), ...this.ports()]);
    const wanted = [...still].filter((id) => read.has(id));
    const last = lastReads(once, read);
    const tensors = this.engine.use(() => {
      const values = new Map<ValueId, TfTensor>();
      const at = (id: ValueId): TfTensor => {
        const known = values.get(id) ?? toTf(tf, this.program.constants.get(id)!);
        values.set(id, known);
        return known;
      };
      once.forEach((step, i) => {
        const written = compute(tf, step, step.inputs.map(at));
        step.outputs.forEach((id, k) => values.set(id, written[k]!));
        for (const id of last[i]!) {
          values.get(id)!.dispose();
          values.delete(id);
        }
      });
      return wanted.map((id) => tf.keep(at(id)));
    });
    return new Map(wanted.map((id, i) => [id, tensors[i]!]));
  }
}

/** For each step, the values to free after it: last reads and unused results, except values that must be kept. */
function lastReads(
  steps: readonly Step[],
  staying: ReadonlySet<ValueId>,
): readonly (readonly ValueId[])[] {
  const seen = new Set(staying);
  return steps
    .toReversed()
    .map((step) => {
      const last = [...new Set([...step.inputs, ...step.outputs])].filter((id) => !seen.has(id));
      last.forEach((id) => seen.add(id));
      return last;
    })
    .toReversed();
}
