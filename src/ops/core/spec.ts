/**
 * What is known of an operator: its facts, its gradient, its bias. Rules build graph; they compute nothing.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import type { AttributeReader } from "./attributes.js";
import type { NodeView } from "./node-view.js";

/** Reads the attributes of a node once: snake_case of the file in, typed camelCase out, defaults filled in. */
export type AttrDecoder<A> = (attributes: AttributeReader) => A;

/**
 * The gradient of one input, emitted when it is asked for, or the reason why there is none:
 * - `integer`: an index, a count, a condition or a type; the output is a step function of it, so nothing flows back
 * - `constant`: the rule holds only while this input does not depend on the image; the walk refuses it otherwise
 * - `elsewhere`: a propagation rule sends this input's share through another input
 */
export type Cotangent = (() => Value) | "integer" | "constant" | "elsewhere";

/**
 * Vector-Jacobian product. `dy[i]` is the gradient of output i, or `undefined` where nothing depends on it; at
 * least one is there. One cotangent for every input of the node. A rule need not undo broadcasting: the walk sums each gradient to
 * its input's shape.
 *
 * (Written as a method so that the records of all operators fit into one registry.)
 */
export type Vjp<A> = {
  rule(b: GraphBuilder, n: NodeView<A>, dy: readonly (Value | undefined)[]): readonly Cotangent[];
}["rule"];

/**
 * How a node comes by its bias.
 * - `input`: an input of the node (Conv, Gemm)
 * - `batch-norm`: the implicit bias β − γμ/√(σ²+ε)
 * - `constant`: something added that does not depend on the image
 * - `pad`: a non-zero padding value
 * - `implicit`: y − J·x of a non-linearity, a gate or a normalization; depends on the image
 */
export type BiasKind = "input" | "batch-norm" | "constant" | "pad" | "implicit";

/** The bias b of y = Σ Jᵢxᵢ + b, broadcastable to y; `none` where y is linear or homogeneous of degree one. */
export type BiasRule =
  | "none"
  | {
      readonly kind: BiasKind;
      emit(b: GraphBuilder): Value;
      /** b = factor · part, where the factor would cost a pass over the whole tensor. */
      readonly factored?: Factored;
    };

/** A number, and what it is multiplied with. */
export interface Factored {
  readonly factor: number;
  emit(b: GraphBuilder): Value;
}

export interface OpSpec<A = unknown> {
  readonly type: string;
  /** "" (ai.onnx) unless given. */
  readonly domain?: string;
  /** First operator set with the semantics described here; older nodes are rewritten by passes/uplift. */
  readonly since: number;
  readonly attrs: AttrDecoder<A>;
  /** dtype and shape of each output, and its elements where they are shape arithmetic. */
  infer(n: NodeView<A>): readonly Fact[];
  /** "zero": a step function or an integer, nothing flows back. "not-differentiable": asking is an error. */
  readonly vjp: Vjp<A> | "zero" | "not-differentiable";
  /** Depends on which inputs are active, that is, depend on the image. */
  bias(n: NodeView<A>): BiasRule;
  /** Its integer output stands for real numbers, which gradients pass through (quantization). */
  readonly straightThrough?: boolean;
  /** Works element by element, so that it may be part of a pointwise region. */
  readonly pointwise?: boolean;
}
