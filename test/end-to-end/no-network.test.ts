import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, root, temporaryFolder, tinyInput, tinyRelu } from "./cli-harness.js";

/** Runs a Node program and lists its attempts to use the network. */
type Watch = (argv: readonly string[], folder: string) => { code: number | null; attempts: string };

/** Environment in which ONNX Runtime would send usage data unless it is told not to. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => key !== "CI" && key !== "ORT_DISABLE_TELEMETRY"),
);

/** All system calls of the process and its threads, native code included. */
const traced: Watch = (argv, folder) => {
  const log = join(folder, "trace");
  const trace = ["-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", log];
  const options = { env: { ...env, HOME: folder } };
  const { status } = spawnSync("strace", [...trace, process.execPath, ...argv], options);
  const lines = readFileSync(log, "utf8").split("\n");
  return { code: status, attempts: lines.filter((line) => /AF_INET/.test(line)).join("\n") };
};

/** Node's own sockets and look-ups, which throw. */
const forbidden: Watch = (argv) => {
  const code = `
    import net from "node:net"; import dns from "node:dns"; import dgram from "node:dgram";
    const refuse = (what) => () => { process._rawDebug("network: " + what); process.exit(99); };
    net.Socket.prototype.connect = refuse("connect");
    dns.lookup = refuse("lookup"); dns.promises.lookup = refuse("lookup");
    dgram.createSocket = refuse("datagram");`;
  const script = `data:text/javascript,${encodeURIComponent(code)}`;
  const options = { env, encoding: "utf8" as const };
  const { status, stderr } = spawnSync(process.execPath, ["--import", script, ...argv], options);
  return { code: status, attempts: /network: .*/.exec(stderr)?.[0] ?? "" };
};

const hasStrace = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]).status === 0;

const watches: readonly (readonly [string, Watch])[] = [
  ["Node's sockets", forbidden],
  ...(hasStrace ? [["system calls", traced] as const] : []),
];

describe.each(watches)("the command line has no network access, by %s:", (_, watch) => {
  const main = join(root, "dist", "src", "cli", "main.js");
  const photo = fixture("images", "chelsea.png");

  test.each([
    ["explain", (out: string) => [tinyRelu, photo, "-o", out]],
    ["convert", (out: string) => [tinyRelu, "--to", "onnx", "-o", join(out, "tiny.onnx")]],
    ["verify", () => [tinyRelu, "--input", tinyInput, "--backend", "tfjs"]],
  ])("%s", (command, argv) => {
    const folder = temporaryFolder();
    expect(watch([main, command, ...argv(folder)], folder)).toEqual({ code: 0, attempts: "" });
  });

  test("(a program that has some is found out)", () => {
    const folder = temporaryFolder();
    const program = "fetch('http://127.0.0.1:45679/').catch(() => process.exit(1))";
    const { code, attempts } = watch(["-e", program], folder);
    expect(code).not.toBe(0);
    expect(attempts).not.toBe("");
  });
});
