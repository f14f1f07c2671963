import type { RuleContext } from "../../decomposition/full-gradient.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { rerun } from "./rerun.js";

/** A second forward pass of the model, on the baseline. */
export interface BaselinePass {
  /** The input for the baseline. */
  readonly input: Value;
  /** The counterpart of a value in this pass; the value itself if it does not depend on the image. */
  of(value: Value): Value;
}

type PassSite = Pick<RuleContext, "b" | "graph" | "plan" | "input">;

/** One pass per graph, shared by the rules and the method. */
const passes = new WeakMap<GraphBuilder, BaselinePass>();

/** The second forward pass of a graph under construction, added when it is first asked for. */
export function baselinePass(site: PassSite): BaselinePass {
  const known = passes.get(site.b);
  if (known) return known;
  const made = addPass(site);
  passes.set(site.b, made);
  return made;
}

function addPass({ b, graph, plan, input }: PassSite): BaselinePass {
  const { dependent } = plan.path;
  const given = b.input("baseline", input.fact);
  const values = new Map([[input.name, given]]);
  const nodes = graph.nodes.filter((node) => node.outputs.some((name) => dependent.has(name)));
  rerun(b.within("baseline"), nodes, values);
  return { input: given, of: (value) => values.get(value.name) ?? value };
}
