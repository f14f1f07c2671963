/**
 * What an operator does, in one word: what every analysis and every explanation method asks of it in place of its name.
 *
 * - `linear`: sums and means: Add, ReduceMean, AveragePool
 * - `convolution`: a window of its input times weights
 * - `product`: sums of products: Gemm, MatMul, Einsum
 * - `multiplication`, `quotient`: element by element
 * - `activation`: a non-linear element-wise function that networks put after their layers
 * - `gate`: an activation whose bounded output weighs something else: Sigmoid, Tanh, Softmax
 * - `function`: any other function: Exp, Pow, ReduceL2
 * - `identity`: nothing in inference
 * - `cast`: another element type
 * - `reshaping`: another shape, in which the elements keep their order
 * - `movement`: all elements in another order or several times
 * - `folding`: places to channels, or back
 * - `padding`: a border round its input
 * - `selection`: some of its input's elements
 * - `join`: several inputs beside one another, or one put into another
 * - `choice`: element by element one of two inputs
 * - `maximum`, `minimum`: the extreme of several elements
 * - `max-pooling`: the largest of each window
 * - `normalization`: by statistics of the input itself
 * - `batch-norm`: an affine function of each channel, by stored statistics
 * - `resampling`: reads its input between the elements
 * - `quantization`: real numbers to levels, or back
 * - `step`: choices, counts and comparisons, through which no gradient flows
 * - `size`: reads the shape of its input, no element
 * - `constant`: makes a tensor that depends on indices and sizes alone
 */
export type Role =
  | "linear"
  | "convolution"
  | "product"
  | "multiplication"
  | "quotient"
  | "activation"
  | "gate"
  | "function"
  | Movement
  | "padding"
  | "join"
  | "choice"
  | "maximum"
  | "minimum"
  | "max-pooling"
  | "normalization"
  | "batch-norm"
  | "resampling"
  | "quantization"
  | "step"
  | "size"
  | "constant";

type Movement = "identity" | "cast" | "reshaping" | "movement" | "folding" | "selection";

/** What a score is where an operator has made a probability of it, and how. */
export type Probability = "softmax" | "log-softmax" | "sigmoid";

/**
 * What a constant input of an operator is to training, which says how it is initialized: weight or bias of a layer, scale
 * or shift of a normalization, slope of an activation; `other`: what is added or multiplied.
 */
export type ParameterRole = "weight" | "bias" | "scale" | "shift" | "slope" | "other";

const moves: ReadonlySet<Role> = new Set<Role>([
  ...(["identity", "cast", "reshaping", "movement", "folding", "selection"] as const),
]);

/** Whether every element of the output is one of the only input's, and keeps its meaning. */
export const isMovement = (role: Role | undefined): boolean =>
  role !== undefined && moves.has(role);

/** Whether the output has the elements of the input in their order. */
export const keepsOrder = (role: Role | undefined): boolean =>
  role === "identity" || role === "cast" || role === "reshaping";
