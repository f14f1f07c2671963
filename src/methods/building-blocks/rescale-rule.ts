import { differentiate } from "../../autodiff/differentiate.js";
import type { RuleContext } from "../../decomposition/full-gradient.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Role } from "../../ops/core/role.js";
import type { Cotangent, Vjp } from "../../ops/core/spec.js";
import { baselinePass, type BaselinePass } from "./baseline-pass.js";
import { activationsOf, passOn, viewWith, withNodeRule, type Activation } from "./node-rules.js";

/** Below this change of an input, a difference quotient in float32 is noise; the gradient replaces it. */
const tiny = 1e-6;

const bilinear: ReadonlySet<Role | undefined> = new Set<Role>([
  ...(["multiplication", "product", "convolution"] as const),
]);

const largest: ReadonlySet<Role | undefined> = new Set<Role>(["maximum", "max-pooling"]);

/**
 * DeepLIFT's multipliers in place of gradients, so that Σ multiplier ⊙ Δx = Δy at each node: Δy/Δx at an activation,
 * the mean of the other factor over both passes at a product, and the changes of both passes' winners at a maximum. All
 * other nodes keep their gradient: exact where they are linear, otherwise the sum may have a remainder.
 */
export function rescaleRules(site: RuleContext): Registry {
  const pass = baselinePass(site);
  const activationOf = activationsOf(site);
  return withNodeRule(site, (gradient) => (b, n, dy) => {
    const activation = activationOf(n.node);
    if (activation) {
      if (activation.exit !== n.name) return passOn(n, () => dy[0]!);
      return passOn(n, () => throughActivation(site, pass, b, n, activation, dy[0]!));
    }
    const role = site.registry.role(n.node);
    const extreme = largest.has(role) ? "Max" : role === "minimum" ? "Min" : undefined;
    if (extreme && dy[0]) return atExtreme(b, n, dy[0], gradient, pass, extreme);
    if (n.active.filter(Boolean).length < 2) return gradient(b, n, dy);
    if (bilinear.has(role)) return gradient(b, meansOf(b, n, pass), dy);
    return role === "quotient" ? ofQuotient(b, n, dy[0]!, pass) : gradient(b, n, dy);
  });
}

/** numerator / Δx, or the gradient where |Δx| is below {@link tiny}. */
function multiplier(b: GraphBuilder, numerator: Value, change: Value, gradient: Value): Value {
  const still = b.less(b.op("Abs", [change]), tiny);
  const divisor = b.where(still, b.scalar(1, change), change);
  return b.where(still, gradient, b.div(numerator, divisor), "multiplier");
}

// m = dy · Δy/Δx
function throughActivation(
  { b: top, graph, registry, plan }: RuleContext,
  pass: BaselinePass,
  b: GraphBuilder,
  n: NodeView,
  { entry, nodes }: Activation,
  dy: Value,
): Value {
  const x = b.value(entry);
  const region = { ...graph, nodes: graph.nodes.filter((node) => nodes.has(node.name)) };
  const seeds = new Map([[n.y().name, dy]]);
  const gradient = differentiate(top, region, registry, seeds, plan.path.active).of(entry);
  const numerator = b.mul(dy, b.sub(n.y(), pass.of(n.y()), "dy"));
  return multiplier(b, numerator, b.sub(x, pass.of(x), "dx"), gradient ?? b.mulScalar(dy, 0));
}

// Δ(pq) = Δp·(q + q')/2 + Δq·(p + p')/2
function meansOf(b: GraphBuilder, n: NodeView, pass: BaselinePass): NodeView {
  const inputs = n.inputs.map((x, i) =>
    x && n.isActive(i) ? b.mulScalar(b.add(x, pass.of(x)), 0.5, "mean") : x,
  );
  return viewWith(n, inputs, n.outputs);
}

// p/q = p·r with r = 1/q and Δr = −Δq/(q·q')
function ofQuotient(
  b: GraphBuilder,
  n: NodeView,
  dy: Value,
  pass: BaselinePass,
): readonly Cotangent[] {
  const [p, q] = [n.x(0), n.x(1)];
  const [p0, q0] = [pass.of(p), pass.of(q)];
  const half = b.mulScalar(dy, 0.5);
  return [
    () => b.mul(half, b.add(b.op("Reciprocal", [q]), b.op("Reciprocal", [q0])), "da"),
    () => b.neg(b.div(b.mul(half, b.add(p, p0)), b.mul(q, q0)), "db"),
  ];
}

/**
 * With c = max(y, y'), the winner of this pass receives c − y' and the winner of the other pass y − c. The non-zero
 * difference belongs to an input that changed at least as much.
 */
function atExtreme(
  b: GraphBuilder,
  n: NodeView,
  dy: Value,
  gradient: Vjp<unknown>,
  pass: BaselinePass,
  extreme: "Max" | "Min",
): readonly Cotangent[] {
  const [y, y0] = [n.y(), pass.of(n.y())];
  const crossed = b.op(extreme, [y, y0], {}, "crossed");
  const other = viewWith(
    n,
    n.inputs.map((x) => x && pass.of(x)),
    n.outputs.map((v) => pass.of(v)),
  );
  const here = gradient(b, n, [b.mul(dy, b.sub(crossed, y0))]);
  const there = gradient(b, other, [b.mul(dy, b.sub(y, crossed))]);
  const plain = gradient(b, n, [dy]);
  return plain.map((still, i) => {
    const [one, two] = [here[i], there[i]];
    if (typeof one !== "function" || typeof two !== "function") return still;
    if (typeof still !== "function") return still;
    const changed = () => b.sub(n.x(i), pass.of(n.x(i)), "dx");
    return () => multiplier(b, b.add(one(), two()), changed(), still());
  });
}
