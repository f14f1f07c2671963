import type { Node, TypedGraph } from "../../../onnx/ir.js";
import type { Engine, TfTensor } from "../engine.js";
import { ProgramRunner } from "../execute/program-runner.js";
import type { Layout } from "../layout.js";
import { lowerGraph } from "../lower/lower-graph.js";
import { lowerable, specialize } from "../specialize.js";
import { gradientOfNode, graphOfNode } from "./node-graphs.js";

/** A tensor with its memory order. */
export interface Laid {
  readonly tensor: TfTensor;
  readonly layout: Layout;
}

/** The gradient of one output: the values its program reads, and the inputs with a gradient. */
interface Backward {
  readonly runner: ProgramRunner;
  /** Index of each wanted input's gradient among the program's outputs. */
  readonly positions: ReadonlyMap<string, number>;
  readonly dy: string;
}

/**
 * One node as a function of tensors. `tf.grad` differentiates it by the operator's record instead of tfjs' own
 * gradients. Inputs keep the layouts in which the previous nodes computed them.
 */
export class NodeFunction {
  private readonly engine: Engine;
  private readonly graph: TypedGraph;
  private readonly node: Node;
  private readonly forward: ProgramRunner;
  private readonly layouts: Map<string, Layout>;
  /** Inputs to differentiate with respect to, without duplicates. */
  private readonly active: readonly string[];
  private readonly backwards = new Map<string, Backward | undefined>();

  constructor(
    engine: Engine,
    graph: TypedGraph,
    node: Node,
    layouts: ReadonlyMap<string, Layout>,
    isActive: (name: string) => boolean,
  ) {
    this.engine = engine;
    this.graph = graph;
    this.node = node;
    const alone = graphOfNode(graph, node);
    const program = lowerGraph(lowerable(alone), { layouts, asComputed: true });
    this.forward = new ProgramRunner(engine, program);
    this.layouts = new Map([...program.inputs, ...program.outputs].map((p) => [p.name, p.layout]));
    this.active = alone.inputs.map((i) => i.name).filter(isActive);
  }

  /** Memory order of an output. */
  layoutOf(name: string): Layout {
    return this.layouts.get(name)!;
  }

  /** Adds the node's wanted outputs to the values. */
  apply(values: Map<string, Laid>, isWanted: (name: string) => boolean): void {
    const { inputs, outputs } = this.forward.program;
    const read = inputs.map(({ name }) => values.get(name)!.tensor);
    if (this.active.length === 0) {
      const results = this.forward.run(read);
      outputs.forEach(({ name, layout }, i) => values.set(name, { tensor: results[i]!, layout }));
      return;
    }
    for (const [i, { name, layout }] of outputs.entries()) {
      if (isWanted(name)) values.set(name, { tensor: this.differentiable(i, read), layout });
    }
  }

  dispose(): void {
    this.forward.dispose();
    for (const backward of this.backwards.values()) backward?.runner.dispose();
  }

  /** One output. tf.customGrad supports a single result, so each output is a separate function. */
  private differentiable(index: number, read: readonly TfTensor[]): TfTensor {
    const { tf } = this.engine;
    const { inputs, outputs } = this.forward.program;
    const names = inputs.map((i) => i.name);
    const function_ = tf.customGrad((...given) => {
      const save = given.pop() as (tensors: TfTensor[]) => void;
      const computed = this.forward.run(read);
      save([...read, ...computed]);
      const [value] = computed.splice(index, 1);
      for (const other of computed) other.dispose();
      return {
        value: value!,
        gradFunc: (dy: TfTensor, saved: TfTensor[]) => {
          const known = new Map<string, TfTensor>();
          [...names, ...outputs.map((o) => o.name)].forEach((n, i) => known.set(n, saved[i]!));
          return this.gradients(outputs[index]!.name, dy, known);
        },
      };
    });
    return function_(...this.active.map((name) => read[names.indexOf(name)]!));
  }

  /** Gradients of the active inputs, in order; zeros for inputs without gradient flow. */
  private gradients(
    output: string,
    dy: TfTensor,
    known: ReadonlyMap<string, TfTensor>,
  ): TfTensor[] {
    const backward = this.backward(output);
    const { tf } = this.engine;
    if (!backward) return this.active.map((name) => tf.zerosLike(known.get(name)!));
    const { runner, positions } = backward;
    const read = runner.program.inputs.map(({ name }) =>
      name === backward.dy ? dy : known.get(name)!,
    );
    const results = runner.run(read);
    return this.active.map((name) => {
      const place = positions.get(name);
      return place === undefined ? tf.zerosLike(known.get(name)!) : results[place]!;
    });
  }

  /** Compiled on first use. */
  private backward(output: string): Backward | undefined {
    if (this.backwards.has(output)) return this.backwards.get(output);
    const found = gradientOfNode(this.graph, this.node, output, this.active);
    const backward = found && {
      runner: new ProgramRunner(
        this.engine,
        lowerGraph(specialize(found.graph, new Map()), {
          layouts: new Map([
            ...this.layouts,
            [found.dy, this.layoutOf(output)],
            ...[...found.gradients].map(([x, dx]) => [dx, this.layoutOf(x)] as const),
          ]),
        }),
      ),
      positions: new Map(
        [...found.gradients].map(([x, dx]) => [
          x,
          found.graph.outputs.findIndex((o) => o.name === dx),
        ]),
      ),
      dy: found.dy,
    };
    this.backwards.set(output, backward);
    return backward;
  }
}
