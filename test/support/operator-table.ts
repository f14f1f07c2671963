import { registry } from "../../src/ops/all.js";
import type { OpSpec } from "../../src/ops/core/spec.js";
import { inputStates } from "../suites/laws/inputs.js";

const head = `# Operators

Every operator that has a record (domain ai.onnx), and how each of its float inputs enters the gradient where it depends
on the image. Written by \`npm run docs:operators\` from the rules themselves, asked about the cases of the laws
(test/suites/laws), which hold every "rule" below against central differences.

- **rule**: its gradient is computed, whether the others depend on the image or not
- **constant only**: the rule holds while this input is constant; a model where it depends on the image is refused,
  naming node and input
- **choice**: an index, a count or a type; the output is a step function of it, so its gradient is 0
- **step**: the operator is a step function or its output an integer: the gradient is 0 for all inputs, as in PyTorch
- **refused**: no gradient; a model where the operator stands between image and output is refused, naming the node

| operator | since operator set | float inputs |
| --- | --- | --- |
`;

const words = { rule: "rule", constant: "**constant only**", integer: "choice" } as const;

function cell({ type, vjp }: OpSpec): string {
  if (vjp === "zero") return "step";
  if (vjp === "not-differentiable") return "refused";
  const states = inputStates(type);
  return states.map(({ input, state }) => `${input}: ${words[state]}`).join(", ") || "rule";
}

/** docs/operators.md */
export function operatorTable(): string {
  const lines = registry
    .all()
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map((spec) => `| ${spec.type} | ${spec.since} | ${cell(spec)} |`);
  return `${head}${lines.join("\n")}\n`;
}
