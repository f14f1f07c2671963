import { Option, type Command } from "commander";
import { providers as tfjsProviders } from "../../backends/tfjs/provider-names.js";
import { BackendError, UsageError } from "../../errors.js";
import { didYouMean } from "../../files/nearest-names.js";

export type BackendName = "ort" | "tfjs";

/** The engine and its execution provider. */
export interface EngineFlags {
  readonly backend: BackendName;
  readonly provider: string;
  readonly threads?: number | undefined;
}

/** Each engine with its providers, the default first; which of them work depends on the machine. */
const engines: Readonly<Record<BackendName, readonly string[]>> = {
  ort: ["cpu", "cuda", "webgpu", "dml", "coreml"],
  tfjs: tfjsProviders,
};

const backends = Object.keys(engines) as BackendName[];

export function addEngineFlags(command: Command): Command {
  const choices = backends.map((name) => `${name}: ${engines[name].join(", ")}`);
  return command
    .addOption(
      new Option("--backend <name>", "the engine: ONNX Runtime, or TensorFlow.js")
        .choices(backends)
        .default("ort"),
    )
    .option(
      "--provider <name>",
      `the execution provider (${choices.join("; ")}; default: the first)`,
    );
}

/**
 * The flags with the engine's own default as the provider.
 *
 * @throws {UsageError} if the engine lacks the provider or the setting
 */
export function withProvider<
  F extends { backend: BackendName; provider?: string | undefined; threads?: number | undefined },
>(flags: F): F & EngineFlags {
  const { backend, provider = engines[backend][0]!, threads } = flags;
  if (backend === "tfjs" && threads !== undefined) {
    throw new UsageError(
      `--threads ${threads}: tfjs has no such setting; its wasm has one thread in Node, node takes every core`,
    );
  }
  if (engines[backend].includes(provider)) return { ...flags, provider };
  const others = backends.filter((name) => engines[name].includes(provider));
  const instead = others.map((name) => `; --backend ${name} has ${provider}`).join("");
  const near = others.length > 0 ? "" : didYouMean(provider, engines[backend]);
  throw new UsageError(
    `--provider ${provider}: --backend ${backend} has ${engines[backend].join(", ")}${instead}${near}`,
  );
}

/** Names a provider other than the default if it fails: it may be missing on this machine. */
export async function namingProvider<T>(
  { backend, provider }: EngineFlags,
  run: () => Promise<T>,
): Promise<T> {
  const [usual] = engines[backend];
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BackendError) || provider === usual) throw error;
    throw new BackendError(
      `--provider ${provider}: ${error.message.trim()}; ${usual!} works everywhere`,
      { cause: error },
    );
  }
}
