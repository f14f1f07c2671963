import type { Command } from "commander";
import { didYouMean } from "../../files/nearest-names.js";
import { UsageError } from "../../errors.js";

/** A command with its flags, as completions have them. */
interface CompletedCommand {
  /** "explain", "evaluate roar" */
  readonly path: string;
  readonly about: string;
  readonly flags: readonly CompletedFlag[];
  readonly commands: readonly string[];
}

interface CompletedFlag {
  readonly long: string;
  readonly about: string;
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

const shells = { bash, zsh, fish } as const;

export const shellNames = Object.keys(shells);

/**
 * The completion script of a shell for the program's commands, flags and choices.
 *
 * @throws {UsageError} for an unknown shell
 */
export function completionScript(shell: string, program: Command): string {
  if (Object.hasOwn(shells, shell)) {
    return shells[shell as keyof typeof shells](commandsIn(program, ""));
  }
  throw new UsageError(
    `completion ${shell}${didYouMean(shell, shellNames)}: there are scripts for ${shellNames.join(", ")}`,
  );
}

function commandsIn(command: Command, path: string): CompletedCommand[] {
  const own: CompletedCommand = {
    path,
    about: command.summary() || command.description(),
    flags: command.options.flatMap(({ long, description, argChoices, required, optional }) =>
      long == null
        ? []
        : [
            {
              long,
              about: description,
              choices: argChoices ?? [],
              takesValue: required || optional,
            },
          ],
    ),
    commands: command.commands.map((sub) => sub.name()),
  };
  const below = command.commands.flatMap((sub) => commandsIn(sub, `${path} ${sub.name()}`.trim()));
  return [own, ...below];
}

/** Each command as a case of the words before the cursor. */
function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ path, flags, commands: subs }) => {
    const words = [...subs, ...flags.map((flag) => flag.long)].join(" ");
    return `    ${quoted(path)}) words="${words}" ;;`;
  });
  const choices = choicesOf(commands).map(
    ([path, long, list]) => `    ${quoted(`${path} ${long}`)}) words="${list.join(" ")}" ;;`,
  );
  const names = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# bash completion of fullgrad: source <(fullgrad completion bash)
_fullgrad() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${names.map((name) => `      ${quoted(name)}) path="\${path:+$path }$word" ;;`).join("\n")}
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  case "$path $prev" in
${choices.join("\n")}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "$cur") )
  [[ \${#COMPREPLY[@]} -eq 0 || "$cur" != -* ]] && COMPREPLY+=( $(compgen -f -- "$cur") )
}
complete -o filenames -F _fullgrad fullgrad
`;
}

/** zsh reads bash's completions. */
function zsh(commands: readonly CompletedCommand[]): string {
  return `# zsh completion of fullgrad: source <(fullgrad completion zsh)
autoload -Uz bashcompinit && bashcompinit
${bash(commands).replace(/^#.*\n/, "")}`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, about, flags, commands: subs }) => {
    const [group = "", sub] = path.split(" ");
    const seen =
      path === ""
        ? ""
        : ` -n '${sub === undefined ? `__fish_seen_subcommand_from ${group}` : `__fish_seen_subcommand_from ${group}; and __fish_seen_subcommand_from ${sub}`}'`;
    const parent = path === "" ? " -n __fish_use_subcommand" : seen;
    const named = commands.filter((c) => c.path === `${path} ${c.path.split(" ").at(-1)!}`.trim());
    return [
      ...(about === "" ? [] : [`# ${path === "" ? "fullgrad" : path}`]),
      ...subs.map((name) => {
        const found = named.find((c) => c.path.endsWith(name));
        return `complete -c fullgrad -f${parent} -a ${name} -d ${quoted(found?.about ?? "")}`;
      }),
      ...flags.map(({ long, about: what, choices, takesValue }) => {
        const value =
          choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
        return `complete -c fullgrad${seen} -l ${long.slice(2)}${value} -d ${quoted(what)}`;
      }),
    ];
  });
  return `# fish completion of fullgrad: fullgrad completion fish | source\n${lines.join("\n")}\n`;
}

function choicesOf(
  commands: readonly CompletedCommand[],
): readonly (readonly [path: string, long: string, choices: readonly string[]])[] {
  return commands.flatMap(({ path, flags }) =>
    flags.flatMap(({ long, choices }) =>
      choices.length > 0 ? [[path, long, choices] as const] : [],
    ),
  );
}

const quoted = (text: string): string => `'${text.replaceAll("'", "\u2019").replace(/\s+/g, " ")}'`;
