import type { Backend } from "../backends/backend.js";
import { InputError } from "../errors.js";
import type { Method } from "../methods/core/method.js";
import type { Graph } from "../onnx/ir.js";
import type { Analysis } from "../runtime/analyze.js";
import { givenKey, withGiven, zerosFor } from "../runtime/given-values.js";
import { Session } from "../runtime/session.js";
import { SessionPool } from "../runtime/session-pool.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";
import { checkNoDetection } from "./explain-detections.js";
import type { RunOptions, TargetOptions } from "./model-options.js";

/** A request to a session: the input as image, and the values of the other inputs. */
type SessionQuestion<T> = (session: Session, image: Tensor, feeds: Tensors) => Promise<T>;

/** Runs each request in the session for the size of its inputs. */
export class Questions {
  private readonly analysis: Analysis;
  private readonly backend: Backend;
  private readonly sessions = new SessionPool();

  constructor(analysis: Analysis, backend: Backend) {
    this.analysis = analysis;
    this.backend = backend;
  }

  /** Whether the engine is fastest with one sample at a time. */
  get isOneByOne(): boolean {
    return (this.backend.batch ?? 1) === 1;
  }

  /** Runs a request that needs no gradient. @throws {InputError} if x does not fit */
  askForward<T>(x: Tensor, options: RunOptions, question: SessionQuestion<T>): Promise<T> {
    const { image, feeds } = this.read(x, options);
    return this.use(image, feeds, question);
  }

  /** Runs a request that needs gradients; its errors list alternatives. */
  async ask<T>(
    x: Tensor,
    options: TargetOptions & { readonly batch?: number | undefined },
    question: SessionQuestion<T>,
    method?: Method,
  ): Promise<T> {
    checkNoDetection(options);
    const { image, feeds } = this.read(x, options);
    const checked: SessionQuestion<T> = (session, ...values) => {
      if (!(method?.kind === "sampling" && method.gradientFree)) session.explained.check();
      return question(session, ...values);
    };
    try {
      return await this.use(image, feeds, checked, options.batch);
    } catch (error) {
      throw this.analysis.withHints(error, this.analysis.sizes({ x: image, feeds }));
    }
  }

  release(): Promise<void> {
    return this.sessions.release();
  }

  dispose(): Promise<void> {
    return this.sessions.dispose();
  }

  /** The input as image, and values of the other inputs that the chosen output needs; zeros for states. */
  private read(x: Tensor, { feeds = {} }: RunOptions): { image: Tensor; feeds: Tensors } {
    checkTensor(x);
    const names = (graph: Graph): Set<string> => new Set(graph.inputs.map((i) => i.name));
    const [needed, all] = [names(this.analysis.part.graph), names(this.analysis.model)];
    const known = Object.entries(feeds).filter(([name]) => needed.has(name) || !all.has(name));
    const image = this.analysis.image.form.toImage(x);
    const [samples = 1] = image.dims;
    const zeros = this.analysis.states.map((s) => [s.name, zerosFor(s, samples)] as const);
    return { image, feeds: new Map([...zeros, ...known]) };
  }

  /** Runs a request in the session for the size of these values. */
  private use<T>(x: Tensor, feeds: Tensors, question: SessionQuestion<T>, batch = 1): Promise<T> {
    const { analysis, backend } = this;
    const sizes = analysis.sizes({ x, feeds });
    const isOneSample = this.isOneByOne && batch === 1 && x.dims[0] === 1;
    const make = (): Session =>
      new Session(analysis.explained(sizes, isOneSample, feeds), analysis.registry, backend);
    const given = givenKey(withGiven(analysis.part.graph, feeds));
    const key = JSON.stringify([...sizes, isOneSample, given]);
    return this.sessions.use(key, make, (session) => question(session, x, feeds));
  }
}

/** Checks a value from JavaScript, which is untyped. */
export function checkTensor(x: Partial<Tensor> | undefined): void {
  if (!Array.isArray(x?.dims) || x.data?.length !== sizeOf(x.dims)) {
    throw new InputError(
      "x must be a tensor { dtype, dims, data } whose data length equals the product of dims; " +
        "create one with preprocess(image) or float32(dims, numbers)",
    );
  }
}
