/**
 * What is known of an operator: its facts, its gradient, its bias. Rules build graph; they compute nothing.
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

/** Emits the outputs of a node; undefined where a node's output is not asked for. */
export type Definition<A> = {
  rule(b: GraphBuilder, n: NodeView<A>): readonly (Value | undefined)[];
}["rule"];

/** Emits the chosen elements; the node's inputs and outputs have their values for one image. */
export type PickRule<A> = { rule(b: GraphBuilder, n: NodeView<A>, elements: Value): Value }["rule"];

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

/** Facts of each output of a node. */
export type Inference<A> = { rule(n: NodeView<A>): readonly Fact[] }["rule"];

/** How many inputs a node may have. A variadic operator (most is Infinity) needs all that it is given. */
export type Arity = readonly [least: number, most: number];

export interface OpSpec<A = unknown> {
  readonly type: string;
  /** "" (ai.onnx) unless given. */
  readonly domain?: string;
  /** First operator set with the semantics described here; older nodes are rewritten by passes/upgrade-opset. */
  readonly since: number;
  /**
   * What operator sets above 18 brought to an operator that 18 has, and that 18 lacks: another meaning (true), or these
   * attributes ("name", or "name=value" where only that value is new).
   */
  readonly newer?: true | readonly string[];
  /** From ONNX's own schemas (1.23), the widest range over operator sets 18 to 26. */
  readonly arity: Arity;
  readonly role: Role;
  /** Which axis of its outputs is which of its inputs. */
  readonly axes: AxisRule<A>;
  /** Its output is a probability of each class, or the logarithm of one. */
  readonly probability?: Probability;
  /** What training learns and randomisation shuffles where it is constant: the kind of each input. */
  readonly parameters?: readonly (ParameterRole | undefined)[];
  /** Inputs that are scores to it, inputs that tell it where to look or whether to, and states of an earlier run. */
  readonly reads?: {
    readonly scores?: readonly number[];
    readonly places?: readonly number[];
    readonly states?: readonly number[];
  };
  readonly attrs: AttrDecoder<A>;
  /** dtype and shape of each output, and its elements where they are shape arithmetic; those of the definition where left out. */
  readonly infer?: Inference<A>;
  /**
   * The forward pass in simpler operators: a value for each output that the node has. Graphs are given it in the node's
   * place (passes/expand-definitions) where gradient and bias are those of the definition, and where an engine has no
   * kernel.
   */
  readonly definition?: Definition<A>;
  /**
   * "zero": a step function or an integer, nothing flows back. "not-differentiable": asking is an error.
   * "by-definition": the definition is differentiated in its place.
   */
  readonly vjp: Vjp<A> | "zero" | "not-differentiable" | "by-definition";
  /** Depends on which inputs are active, that is, depend on the image. */
  bias(n: NodeView<A>): BiasRule;
  /**
   * Of a node whose output is elements of its first input, which its values choose: the elements of another tensor of
   * that shape at the same places.
   */
  readonly pick?: PickRule<A>;
  /** Draws random numbers, once and from its seed. */
  readonly draws?: true;
  /** The only outputs that gradients pass through, integers that stand for real numbers among them (quantization). */
  readonly straightThrough?: readonly number[];
  /** Rounds, and gradients pass straight through that. */
  readonly rounds?: boolean;
  /** Of an operator without a gradient that networks are trained through: what gives it one. */
  readonly wayThrough?: string;
  /** Works element by element, so that it may be part of a pointwise region. */
  readonly pointwise?: boolean;
}
