import { ModelFormatError } from "../../errors.js";
import type { Dim } from "../../tensor/shape.js";
import { dtypeOf, unsupportedType } from "../file/element-types.js";
import type { Fact, Port } from "../ir.js";
import { shapeProblem } from "../file/limits.js";
import type { Message, TypeProto, ValueInfoProto } from "../file/schema.js";

/** A port, or the reason why it cannot be represented. */
export type PortResult = { readonly port: Port } | { readonly reason: string };

/** Generates symbols for unnamed extents: "unk__0", "unk__1", … */
export type FreshSymbol = () => string;

/** A generator of symbols that do not occur in the given declarations. */
export function freshSymbols(declared: readonly ValueInfoProto[]): FreshSymbol {
  const taken = new Set(
    declared.flatMap((info) => (info.type?.tensorType?.shape?.dim ?? []).map((d) => d.dimParam)),
  );
  let next = 0;
  return () => {
    while (taken.has(`unk__${next}`)) next++;
    return `unk__${next++}`;
  };
}

/** The declaration of an input: a tensor of known dtype and rank, or the reason why it is not supported. */
export function inputPort(info: ValueInfoProto, fresh: FreshSymbol): PortResult {
  const type = info.type?.tensorType;
  if (type === undefined)
    return { reason: `it is ${typeName(info.type)}; only tensors are supported` };
  const dtype = dtypeOf(type.elemType ?? 0);
  if (dtype === undefined) {
    return { reason: unsupportedType(type.elemType ?? 0) };
  }
  if (type.shape === undefined) {
    return { reason: "its number of dimensions is not declared; export with an example input" };
  }
  return {
    port: portOf(
      info,
      dtype,
      (type.shape.dim ?? []).map((d) => dimOf(d, fresh)),
    ),
  };
}

/** The declaration of an output. It may be incomplete; inference replaces the fact. */
export function outputPort(info: ValueInfoProto, fresh: FreshSymbol): PortResult {
  const { type } = info;
  if (type?.tensorType === undefined && isDeclared(type)) {
    return { reason: `it is ${typeName(type)}; only tensors are supported` };
  }
  const dtype = dtypeOf(type?.tensorType?.elemType ?? 0) ?? "float32";
  const dims = type?.tensorType?.shape?.dim ?? [];
  return {
    port: portOf(
      info,
      dtype,
      dims.map((d) => dimOf(d, fresh)),
    ),
  };
}

function portOf(info: ValueInfoProto, dtype: Fact["dtype"], shape: readonly Dim[]): Port {
  const problem = shapeProblem(shape);
  if (problem !== undefined) {
    throw new ModelFormatError(`"${info.name ?? ""}" is declared with ${problem}`);
  }
  return { name: info.name ?? "", fact: { dtype, shape } };
}

function isDeclared(type: TypeProto | undefined): boolean {
  return type !== undefined && Object.keys(type).some((field) => field !== "denotation");
}

function typeName(type: TypeProto | undefined): string {
  if (type?.sequenceType !== undefined) return "a sequence";
  if (type?.mapType !== undefined) return "a map";
  if (type?.optionalType !== undefined) return "an optional";
  if (type?.sparseTensorType !== undefined) return "a sparse tensor";
  return isDeclared(type) ? "of an unknown kind" : "of undeclared type";
}

function dimOf(dim: Message<"Dimension">, fresh: FreshSymbol): Dim {
  const { dimValue, dimParam } = dim;
  // Old exporters write −1 for an open extent.
  if (dimValue !== undefined && dimValue >= 0n) return Number(dimValue);
  return dimParam === undefined || dimParam === "" ? fresh() : symbolOf(dimParam);
}

const identifier = /^[A-Za-z_][\w.]*$/;
const opaque = /^\([^*]+\)$/;

/**
 * Escapes a symbol that tensor/shape.ts would parse, such as "2*N" (a product) or "7" (a number). PyTorch uses whole
 * expressions, such as "s0//2 + 1", as extent names.
 */
function symbolOf(text: string): string {
  const factors = text.split("*");
  const first = factors.length > 1 && /^[1-9]\d*$/.test(factors[0]!) ? 1 : 0;
  if (factors.slice(first).every((f) => identifier.test(f) || opaque.test(f))) return text;
  return `(${text.replaceAll("*", "·")})`;
}
