import type { BiasSite } from "../analysis/find-biases.js";
import { FullgradError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";

/** One step of a node of an unrolled sequence, with the gradient at its output. */
interface StepSite {
  readonly site: BiasSite;
  readonly gradient: Value;
}

/**
 * Gradient and term of all steps of a node, [T, …], by its bias rule applied once to the concatenated values of all
 * steps; steps without the node are 0. With one term per step, engines need a minute to plan the memory of the graph.
 */
export function stepTerm(
  b: GraphBuilder,
  registry: Registry,
  sites: readonly StepSite[],
): { readonly term: Value; readonly gradient: Value } {
  const ordered = sites.toSorted((p, q) => p.site.node.step!.at - q.site.node.step!.at);
  const views = ordered.map(({ site }) => site.view);
  const { node, attrs, opset, active, inputs, outputs } = views[0]!;
  const view = new NodeView({
    ...{ node, attrs, opset, active },
    inputs: inputs.map((_, i) =>
      together(
        b,
        views.map((v) => v.inputs[i]),
      ),
    ),
    outputs: outputs.map((_, i) =>
      together(
        b,
        views.map((v) => v.outputs[i]),
      )!,
    ),
  });
  const rule = registry.of(node).bias(view);
  if (rule === "none")
    throw new FullgradError(`${node.op} (node "${node.name}") has lost its bias`);
  const gradient = together(
    b,
    ordered.map((s) => s.gradient),
  )!;
  const term = b.mul(gradient, rule.emit(b), "bias/term");
  return { term: atSteps(b, ordered, term), gradient: atSteps(b, ordered, gradient) };
}

/** The concatenated values of all steps, or the value common to all. */
function together(b: GraphBuilder, values: readonly (Value | undefined)[]): Value | undefined {
  const [first] = values;
  const own = values.filter((v) => v !== undefined);
  return own.every(({ name }) => name === first?.name) ? first : b.concat(own, 0, "steps");
}

/** Pads the values of consecutive steps with zeros to all steps. */
function atSteps(b: GraphBuilder, sites: readonly StepSite[], value: Value): Value {
  const { count } = sites[0]!.site.node.step!;
  const positions = sites.map(({ site }) => site.node.step!.at);
  const [first, last] = [positions[0]!, positions.at(-1)!];
  if (last - first + 1 !== positions.length)
    throw new FullgradError("steps of a sequence are missing");
  const rest = value.fact.shape.slice(1).map(() => 0);
  return b.pad(value, [first, ...rest, count - 1 - last, ...rest], "bias/steps");
}
