import { ModelFormatError } from "../../errors.js";
import { MAX_NAME_LENGTH, MAX_NODE_PORTS } from "../file/limits.js";
import type { NodeProto } from "../file/schema.js";

/** A node of a file with its assigned name. */
export interface NamedNode {
  readonly proto: NodeProto;
  readonly name: string;
  /** The node's description in messages: `Conv (node "conv1")`. */
  readonly where: string;
}

/** @throws {ModelFormatError} if the name is too long: emitted nodes repeat it many times */
export function checkName(name: string, where: string): void {
  if (name.length <= MAX_NAME_LENGTH) return;
  throw new ModelFormatError(
    `${where.slice(0, MAX_NAME_LENGTH)}: a name of ${name.length} characters exceeds the limit of ${MAX_NAME_LENGTH}`,
  );
}

/**
 * Gives every node a unique name: the file's, "Conv_3" if the file has none, "x_2" for the second node named x.
 *
 * @throws {ModelFormatError} if a node has no operator, or too many inputs or outputs
 */
export function nameNodes(protos: readonly NodeProto[]): NamedNode[] {
  const given = new Set(protos.map((proto) => proto.name ?? ""));
  const taken = new Set<string>();
  const last = new Map<string, number>();
  return protos.map((proto, index) => {
    const op = proto.opType ?? "";
    const own = proto.name ?? "";
    if (op === "") throw new ModelFormatError(`node ${index} ("${own}") has no op_type`);
    for (const name of [op, own]) checkName(name, `node ${index}`);
    const ports = Math.max(proto.input?.length ?? 0, proto.output?.length ?? 0);
    if (ports > MAX_NODE_PORTS) {
      throw new ModelFormatError(
        `node ${index} ("${own}") has ${ports} inputs or outputs; the limit is ${MAX_NODE_PORTS}`,
      );
    }
    const wanted = own === "" ? `${op}_${index}` : own;
    let name = wanted;
    let number = last.get(wanted) ?? 1;
    while (taken.has(name) || (name !== own && given.has(name))) name = `${wanted}_${++number}`;
    last.set(wanted, number);
    taken.add(name);
    return { proto, name, where: `${op} (node "${name}")` };
  });
}
