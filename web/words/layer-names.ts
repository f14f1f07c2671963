/**
 * A node's name in plain words: "/_blocks.15/_project_conv/Conv" is "blocks 15, project conv", "/layer1/layer1.0/conv1/Conv"
 * is "layer1.0, conv1".
 */
export function plainName(node: string, op: string): string {
  const ops = op.split("+");
  const steps = node.split("/").filter((step) => step !== "");
  const last = steps.at(-1)?.replace(/_\d+$/, "");
  // An exporter ends a path with the operator.
  if (steps.length > 1 && last !== undefined && ops.includes(last)) steps.pop();
  const words = steps
    // PyTorch repeats the path before each step: layer1, layer1.0.
    .filter((step, i) => !steps[i + 1]?.startsWith(`${step}.`))
    .map((step) =>
      step
        .replace(/^_+/, "")
        .replaceAll("_", " ")
        .replace(/^(block|layer|stage)s\.(\d+)/, "$1 $2"),
    );
  return words.join(", ") || node;
}

/** Plain names of all nodes; names that would be equal are followed by a number. */
export function plainNames(
  nodes: readonly { readonly name: string; readonly op: string }[],
): string[] {
  const seen = new Map<string, number>();
  return nodes.map(({ name, op }) => {
    const plain = plainName(name, op);
    const count = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, count);
    return count === 1 ? plain : `${plain} (${count})`;
  });
}
