/**
 * The role of an operator, which analyses and explanation methods ask for instead of its name.
 *
 * - `linear`: sums and means: Add, ReduceMean, AveragePool
 * - `convolution`: weighted sums over windows
 * - `product`: sums of products: Gemm, MatMul, Einsum
 * - `multiplication`, `quotient`: element by element
 * - `activation`: a non-linear element-wise function that networks apply after their layers
 * - `gate`: an activation with bounded output that weights another value: Sigmoid, Tanh, Softmax
 * - `function`: any other function: Exp, Pow, ReduceL2
 * - `identity`: the identity in inference
 * - `cast`: changes the element type
 * - `reshaping`: changes the shape; elements keep their order
 * - `movement`: permutes or repeats elements
 * - `folding`: moves spatial blocks to channels, or back
 * - `padding`: adds a border to its input
 * - `selection`: selects some elements of its input
 * - `join`: concatenates inputs, or writes one into another
 * - `choice`: selects one of two inputs, element by element
 * - `maximum`, `minimum`: the extreme of several elements
 * - `max-pooling`: the maximum of each window
 * - `normalization`: by statistics of the input itself
 * - `batch-norm`: an affine function per channel, with stored statistics
 * - `resampling`: interpolates between elements of its input
 * - `quantization`: converts real numbers to levels, or back
 * - `step`: choices, counts and comparisons, through which no gradient flows
 * - `size`: reads the shape of its input, not its elements
 * - `constant`: creates a tensor that depends on indices and sizes alone
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

/** How an operator turns scores into probabilities. */
export type Probability = "softmax" | "log-softmax" | "sigmoid";

/**
 * How training initializes a constant input of an operator: weight or bias of a layer, scale or shift of a
 * normalization, slope of an activation, or another addend or factor (`other`).
 */
export type ParameterRole = "weight" | "bias" | "scale" | "shift" | "slope" | "other";

const moves: ReadonlySet<Role> = new Set<Role>([
  ...(["identity", "cast", "reshaping", "movement", "folding", "selection"] as const),
]);

/** Whether every output element is an element of the only input with the same meaning. */
export const isMovement = (role: Role | undefined): boolean =>
  role !== undefined && moves.has(role);

/** Whether the output has the elements of the input in the same order. */
export const keepsOrder = (role: Role | undefined): boolean =>
  role === "identity" || role === "cast" || role === "reshaping";
