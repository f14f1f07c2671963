import { straightThroughDomain } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { qualifiedName } from "../../src/ops/core/registry.js";
import type { OpSpec } from "../../src/ops/core/spec.js";
import { inputStates } from "../suites/laws/inputs.js";

const head = `# Operators

Every supported operator (of ai.onnx unless a domain is given), and the gradient of each float input that depends on the image. Written by
\`npm run docs:operators\` from the operators' rules, applied to the cases of the laws (test/suites/laws), which compare
every "rule" below with central differences.

- **rule**: the gradient is computed, whether or not the other inputs depend on the image
- **constant only**: the rule requires this input to be constant; if it depends on the image, the model is refused with an
  error that names node and input
- **choice**: an index, a count or a type; the output is a step function of it, so its gradient is 0
- **step**: a step function, or an integer output: the gradient is 0 for all inputs, as in PyTorch
- **straight through**: the operands are integers that stand for real numbers; the gradient passes through their rounding
  where they are not saturated, as PyTorch trains quantized networks
- **refused**: no gradient; if the operator lies between image and output, the model is refused with an error that names
  the node

| operator | since operator set | float inputs |
| --- | --- | --- |
`;

const words = { rule: "rule", constant: "**constant only**", integer: "choice" } as const;

function cell(spec: OpSpec): string {
  const { vjp } = spec;
  if (vjp === "zero") return "step";
  if (vjp === "not-differentiable") return "refused";
  const states = inputStates(spec);
  const cells = states.map(({ input, state }) => `${input}: ${words[state]}`).join(", ");
  return cells || (spec.definition ? "straight through" : "rule");
}

/** docs/operators.md */
export function operatorTable(): string {
  const lines = registry
    .all()
    .filter(({ domain }) => domain !== straightThroughDomain)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map((spec) => `| ${qualifiedName(spec)} | ${spec.since} | ${cell(spec)} |`);
  return `${head}${lines.join("\n")}\n`;
}
