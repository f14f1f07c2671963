import { expect, test } from "vitest";
import { startEngine } from "../../../src/backends/tfjs/engine.js";
import { loadProvider } from "../../../src/backends/tfjs/providers.js";
import { BackendError } from "../../../src/errors.js";

test("cpu and wasm run side by side and do not change tfjs' current back end", async () => {
  const [cpu, wasm] = await Promise.all([startEngine("cpu"), startEngine("wasm")]);
  expect(cpu.tf).toBe(wasm.tf);
  const { tf } = cpu;
  await tf.setBackend("cpu");
  const x = tf.tensor1d([1, 2, 3]);
  const used: string[] = [];
  const double = () => {
    used.push(tf.getBackend());
    return [x.mul(2)];
  };
  for (const engine of [wasm, cpu]) {
    const [y] = engine.use(double);
    expect([...(await y!.data())]).toEqual([2, 4, 6]);
    y!.dispose();
    expect(tf.getBackend()).toBe("cpu");
  }
  expect(() => wasm.use(() => expect.fail("as it must"))).toThrow("as it must");
  expect(tf.getBackend()).toBe("cpu");
  expect(used).toEqual(["wasm", "cpu"]);
  x.dispose();
  expect(tf.memory().numTensors).toBe(0);
});

test("a provider is loaded once", async () => {
  expect(await loadProvider("cpu")).toBe(await loadProvider("cpu"));
});

test.each([
  ["node-gpu", /^node-gpu requires a package .*: npm install @tensorflow\/tfjs-node-gpu$/],
  ["webgpu", /^tfjs cannot start its back end webgpu: it is not supported$/],
  ["webgl", /requires a browser; in Node use wasm, cpu, node or node-gpu$/],
] as const)("where %s cannot be had, the error says how it could", async (name, message) => {
  const loading = loadProvider(name);
  await expect(loading).rejects.toBeInstanceOf(BackendError);
  await expect(loading).rejects.toThrow(message);
});
