import { ModelFormatError } from "../errors.js";
import type { NodeProto } from "./schema.js";

/** A node of a file and the name it gets. */
export interface NamedNode {
  readonly proto: NodeProto;
  readonly name: string;
  /** The node in messages: `Conv (node "conv1")`. */
  readonly where: string;
}

/**
 * Every node with a name of its own: the file's, "Conv_3" where it has none, "x_2" where two are called x.
 *
 * @throws {ModelFormatError} where a node has no operator.
 */
export function nameNodes(protos: readonly NodeProto[]): NamedNode[] {
  const given = new Set(protos.map((proto) => proto.name ?? ""));
  const taken = new Set<string>();
  const last = new Map<string, number>();
  return protos.map((proto, index) => {
    const op = proto.opType ?? "";
    const own = proto.name ?? "";
    if (op === "") throw new ModelFormatError(`node ${index} ("${own}") has no op_type`);
    const wanted = own === "" ? `${op}_${index}` : own;
    let name = wanted;
    let number = last.get(wanted) ?? 1;
    while (taken.has(name) || (name !== own && given.has(name))) name = `${wanted}_${++number}`;
    last.set(wanted, number);
    taken.add(name);
    return { proto, name, where: `${op} (node "${name}")` };
  });
}
