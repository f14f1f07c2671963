/**
 * The record of an operator: its facts, its gradient, its bias. Rules build graph; they compute nothing.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import type { AttributeReader } from "./attributes.js";
import type { AxisRule } from "./axis-mapping.js";
import type { NodeView } from "./node-view.js";
import type { ParameterRole, Probability, Role } from "./role.js";

/** Reads the attributes of a node once: snake_case of the file in, typed camelCase out, defaults filled in. */
export type AttrDecoder<A> = (attributes: AttributeReader) => A;

/**
 * The gradient of one input, emitted on demand, or the reason for its absence:
 * - `integer`: an index, a count, a condition or a type; the output is a step function of it, so no gradient flows back
 * - `constant`: the rule holds only if this input does not depend on the image; otherwise differentiation fails
 * - `elsewhere`: a propagation rule sends this input's share through another input
 */
export type Cotangent = (() => Value) | "integer" | "constant" | "elsewhere";

/**
 * Vector-Jacobian product. `dy[i]` is the gradient of output i, or `undefined` if nothing depends on that output; at
 * least one is defined. Returns one cotangent per input of the node. A rule need not undo broadcasting: `differentiate`
 * sums each gradient to the shape of its input.
 *
 * (Written as a method so that the records of all operators fit into one registry.)
 */
export type Vjp<A> = {
  rule(b: GraphBuilder, n: NodeView<A>, dy: readonly (Value | undefined)[]): readonly Cotangent[];
}["rule"];

/** Emits the outputs of a node; undefined for outputs that the node does not have. */
export type Definition<A> = {
  rule(b: GraphBuilder, n: NodeView<A>): readonly (Value | undefined)[];
}["rule"];

/** Emits the selected elements of `elements`; the node's inputs and outputs have their values for one image. */
export type PickRule<A> = { rule(b: GraphBuilder, n: NodeView<A>, elements: Value): Value }["rule"];

/**
 * The origin of a node's bias.
 * - `input`: an input of the node (Conv, Gemm)
 * - `batch-norm`: the implicit bias β − γμ/√(σ²+ε)
 * - `constant`: an addend that does not depend on the image
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
      /** b = factor · part, if multiplying would cost a pass over the whole tensor. */
      readonly factored?: Factored;
    };

/** A product of a number and a tensor. */
export interface Factored {
  readonly factor: number;
  emit(b: GraphBuilder): Value;
}

/** Facts of each output of a node. */
export type Inference<A> = { rule(n: NodeView<A>): readonly Fact[] }["rule"];

/**
 * Minimum and maximum number of inputs. A variadic operator (maximum Infinity) requires all inputs listed in the node.
 */
export type Arity = readonly [least: number, most: number];

export interface OpSpec<A = unknown> {
  readonly type: string;
  /** "" (ai.onnx) unless given. */
  readonly domain?: string;
  /** First operator set with the semantics described here; older nodes are rewritten by passes/upgrade-opset. */
  readonly since: number;
  /**
   * Additions to an existing operator after operator set 18: changed semantics (true), or new attributes ("name", or
   * "name=value" if only that value is new).
   */
  readonly newer?: true | readonly string[];
  /** From ONNX's own schemas (1.23), the widest range over operator sets 18 to 26. */
  readonly arity: Arity;
  readonly role: Role;
  /** How the axes of the outputs correspond to the axes of the inputs. */
  readonly axes: AxisRule<A>;
  /** Set if the output is a probability per class, or its logarithm. */
  readonly probability?: Probability;
  /** The parameter role of each input, which training learns and randomisation shuffles if it is constant. */
  readonly parameters?: readonly (ParameterRole | undefined)[];
  /** Indices of inputs that are scores, inputs that choose positions or branches, and states of an earlier run. */
  readonly reads?: {
    readonly scores?: readonly number[];
    readonly positions?: readonly number[];
    readonly states?: readonly number[];
  };
  readonly attrs: AttrDecoder<A>;
  /** dtype and shape of each output, and its elements for shape arithmetic; defaults to the facts of the definition. */
  readonly infer?: Inference<A>;
  /**
   * The forward pass in simpler operators: one value per output of the node. The definition replaces the node
   * (passes/replacement/expand-definitions) if gradient and bias are "by-definition", or if an engine has no kernel.
   */
  readonly definition?: Definition<A>;
  /**
   * "zero": a step function or an integer; no gradient flows back. "not-differentiable": requesting the gradient is an
   * error. "by-definition": the definition is differentiated instead.
   */
  readonly vjp: Vjp<A> | "zero" | "not-differentiable" | "by-definition";
  /** May depend on which inputs are active, that is, depend on the image. */
  bias(n: NodeView<A>): BiasRule;
  /**
   * For an operator that selects elements of its first input by their values: selects the same elements of another
   * tensor of that shape.
   */
  readonly pick?: PickRule<A>;
  /** The operator draws random numbers, once, from its seed. */
  readonly draws?: true;
  /** Indices of the only outputs with a gradient; they may be integers that encode real numbers (quantization). */
  readonly straightThrough?: readonly number[];
  /** The operator rounds, with a straight-through gradient. */
  readonly rounds?: boolean;
  /**
   * For an operator without a gradient through which networks are trained nevertheless: the option that provides one.
   */
  readonly wayThrough?: string;
  /** Acts element by element, so that it may be part of a pointwise region. */
  readonly pointwise?: boolean;
}
