import fc from "fast-check";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import { registry } from "../../../src/ops/all.js";
import { namedInputs } from "../../../src/ops/core/input-names.js";
import { qualifiedName, type Registry } from "../../../src/ops/core/registry.js";
import type { Cotangent, OpSpec } from "../../../src/ops/core/spec.js";
import { isFloat } from "../../../src/tensor/dtype.js";
import { forwardOf } from "./application.js";
import { isConstant, type Case, type Row } from "./case.js";
import { rows, withoutRow } from "./table.js";

const samples = 60;
const seed = 20190502;

const sampled = new Map<Row, readonly Case[]>();

/** A fixed sample of applications of an operator. */
export function casesOf(row: Row): readonly Case[] {
  const cases =
    sampled.get(row) ??
    fc
      .sample(row.cases, { numRuns: samples, seed })
      .map((geometry) => ({ ...geometry, op: row.op, seed }));
  sampled.set(row, cases);
  return cases;
}

const wordOf = (cotangent: Cotangent | undefined): string =>
  typeof cotangent === "function" ? "rule" : (cotangent ?? "nothing");

const classified = new WeakMap<Case, ReadonlyMap<number, string>>();

/** {@link wordsOf} by the registry of all operators. */
export function registeredWords(c: Case): ReadonlyMap<number, string> {
  const words = classified.get(c) ?? wordsOf(c, registry);
  classified.set(c, words);
  return words;
}

/** The rule's cotangent of each present input if all depend on the image. */
export function wordsOf(c: Case, rules: Registry): ReadonlyMap<number, string> {
  const { graph, ys } = forwardOf(c, "float32");
  const node = graph.nodes[0]!;
  const { vjp } = rules.of(node);
  if (vjp === "by-definition") {
    return new Map(
      node.inputs.flatMap((name, i) => {
        if (name === "") return [];
        return [[i, namedInputs(c.op)[i]?.float ? "rule" : "integer"] as const];
      }),
    );
  }
  if (typeof vjp === "string") throw new Error(`${c.op} has no rule`);
  const b = GraphBuilder.on(graph, rules.infer);
  const dy = ys.map((y, k) =>
    isFloat(y.fact.dtype) && k === 0 ? b.input("v", y.fact) : undefined,
  );
  const view = rules.view(graph, node, () => true);
  const words = vjp(b, view, dy);
  return new Map(view.inputs.flatMap((x, i) => (x ? [[i, wordOf(words[i])] as const] : [])));
}

/** Float inputs, as "Op input", whose gradient or refusal no case tests. */
export function untestedInputs(rules: Registry): readonly string[] {
  return rules.all().flatMap((spec) => {
    const { vjp } = spec;
    const op = qualifiedName(spec);
    const row = rows.find((r) => r.op === op);
    const hasNone = vjp === "zero" || vjp === "not-differentiable";
    if (hasNone || op in withoutRow) return [];
    const cases = row ? casesOf(row) : [];
    return namedInputs(op).flatMap(({ name, float }, i) => {
      const varied = cases.some((c) => {
        const operand = c.inputs[i];
        return operand !== undefined && !isConstant(operand);
      });
      if (!float || varied) return [];
      const words = cases.flatMap((c) => wordsOf(c, rules).get(i) ?? []);
      const refused = words.length > 0 && words.every((w) => w === "constant" || w === "integer");
      return refused ? [] : [`${op} ${name}`];
    });
  });
}

/** For each input that must be constant, a case with it. */
export function constantInputs(): { op: string; name: string; i: number; c: Case }[] {
  return rows.flatMap((row) =>
    namedInputs(row.op).flatMap(({ name }, i) => {
      const c = casesOf(row).find((one) => registeredWords(one).get(i) === "constant");
      return c ? [{ op: row.op, name, i, c }] : [];
    }),
  );
}

/** How an input of an operator enters its gradient. */
export interface InputState {
  readonly input: string;
  readonly state: "rule" | "constant" | "integer";
}

/** The float inputs of an operator, with their states. */
export function inputStates(spec: OpSpec): readonly InputState[] {
  const row = rows.find((r) => r.op === qualifiedName(spec));
  const cases = row ? casesOf(row) : [];
  return namedInputs(qualifiedName(spec)).flatMap(({ name, float, variadic }, i) => {
    if (!float) return [];
    const words = cases.flatMap((c) => registeredWords(c).get(i) ?? []);
    const known = (["rule", "constant"] as const).find((w) => words.includes(w));
    const state = cases.length === 0 ? "rule" : (known ?? "integer");
    return [{ input: variadic ? `${name} (each)` : name, state }];
  });
}
