import type { Node } from "../../../onnx/ir.js";
import type { NodeView } from "../../../ops/core/node-view.js";
import { BackendError } from "../../../errors.js";
import { normalizeAxis } from "../../../tensor/shape.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** The view of a node for its lowering: attributes as its record decodes them, operands, and output shapes. */
export class NodeToLower<A = unknown> {
  readonly node: Node;
  readonly view: NodeView<A>;
  private readonly operands: readonly (Operand | undefined)[];

  constructor(view: NodeView<A>, operands: readonly (Operand | undefined)[]) {
    this.node = view.node;
    this.view = view;
    this.operands = operands;
  }

  /** Input i. */
  x(i = 0): Operand {
    const operand = this.operands[i];
    if (!operand) throw this.refusal(`input ${i} is missing`);
    return operand;
  }

  optional(i: number): Operand | undefined {
    return this.operands[i];
  }

  /** All inputs that are present. */
  all(): readonly Operand[] {
    return this.operands.filter((o) => o !== undefined);
  }

  /** The elements of input i, if they are known. */
  elements(i: number): readonly number[] | undefined {
    return this.view.elements(i) as readonly number[] | undefined;
  }

  /** Shape of an output. */
  dims(i = 0): readonly number[] {
    return this.view.y(i).fact.shape as readonly number[];
  }

  get attrs(): A {
    return this.view.attrs;
  }

  /** The axis attribute, normalized to the rank of input 0. */
  axis(this: NodeToLower<AxisAttrs>): number {
    return normalizeAxis(this.attrs.axis, this.x().dims.length);
  }

  isReal(i = 0): boolean {
    return this.view.x(i).fact.dtype.includes("float");
  }

  /** The error for a node that cannot be run. */
  refusal(reason: string): BackendError {
    const { op, name } = this.node;
    return new BackendError(
      `tfjs cannot run ${op} (node "${name}"): ${reason}; run it on ONNX Runtime (option backend: ort)`,
    );
  }
}

/** The attribute of the many operators along one axis. */
export interface AxisAttrs {
  readonly axis: number;
}

/**
 * Writes a node as steps and returns its outputs.
 *
 * (Written as a method so that the lowerings of all operators fit into one table.)
 */
export type Lowering<A = unknown> = {
  rule(w: TfOpBuilder, n: NodeToLower<A>): Operand | readonly (Operand | undefined)[];
}["rule"];

/** Lowerings by operator. */
export type Lowerings = Readonly<Record<string, Lowering>>;
