import { Argument, type Command, type Option } from 'commander';
import type { Output } from './output.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
}

interface CompletedOption {
  /** With its dashes. */
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty: any value, which may be a path. */
  readonly values: readonly string[];
}

export function addCompletionCommand(program: Command, output: Output): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action((shell: Shell) => output.print(WRITERS[shell](program.commands.map(completed))));
}

const COMPLETION_EXAMPLES = `
Examples:
  # in ~/.bashrc, in ~/.zshrc, or in ~/.config/fish/config.fish
  source <(shadow-gate completion bash)
  source <(shadow-gate completion zsh)
  shadow-gate completion fish | source`;

function completed(command: Command): Completed {
  const options = command.options.filter(({ long, hidden }) => long && !hidden).map(completedOption);
  const help = { long: '--help', description: 'display help for command', takesValue: false, values: [] };
  return { name: command.name(), description: command.description(), options: [...options, help] };
}

function completedOption({ long, description, required, optional, argChoices }: Option): CompletedOption {
  return { long: long ?? '', description, takesValue: required || optional, values: argChoices ?? [] };
}

const WRITERS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash: writeBash,
  zsh: writeZsh,
  fish: writeFish,
};

/** Without a match, bash completes paths (`-o default`). */
function writeBash(commands: readonly Completed[]): string {
  const words = (list: readonly string[]) => `COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$current"))`;
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter((option) => option.values.length > 0)
      .map(({ long, values: all }) => `    "${name} ${long}") ${words(all)}; return ;;`),
  );
  const options = commands.map(({ name, options: own }) => `    ${name}) ${words(own.map(({ long }) => long))} ;;`);
  return [
    '_shadow_gate() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}"`,
    '  COMPREPLY=()',
    `  if (( COMP_CWORD == 1 )); then ${words(commands.map(({ name }) => name))}; return; fi`,
    `  case "$command \${COMP_WORDS[COMP_CWORD-1]}" in`,
    ...values,
    '  esac',
    '  [[ $current == -* ]] || return',
    '  case "$command" in',
    ...options,
    '  esac',
    '}',
    'complete -o default -F _shadow_gate shadow-gate',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function writeZsh(commands: readonly Completed[]): string {
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, String.raw`\$&`);
  const argumentsOf = ({ options }: Completed) =>
    options.map(({ long, description, takesValue, values }) => {
      const value = !takesValue ? '' : values.length > 0 ? `:value:(${values.join(' ')})` : ':value:_files';
      return quoted(`${long}[${escaped(description)}]${value}`);
    });
  return [
    '#compdef shadow-gate',
    '_shadow_gate() {',
    '  local -a commands',
    `  commands=(${commands.map(({ name, description }) => quoted(`${name}:${escaped(description)}`)).join(' ')})`,
    "  if (( CURRENT == 2 )); then _describe 'command' commands; return; fi",
    '  local command=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $command in',
    ...commands.map(
      (command) => `    ${command.name}) _arguments ${[...argumentsOf(command), "'*:file:_files'"].join(' ')} ;;`,
    ),
    '  esac',
    '}',
    'compdef _shadow_gate shadow-gate',
  ].join('\n');
}

function writeFish(commands: readonly Completed[]): string {
  return commands
    .flatMap(({ name, description, options }) => [
      `complete -c shadow-gate -n __fish_use_subcommand -f -a ${name} -d ${quotedForFish(description)}`,
      ...options.map(({ long, description: what, takesValue, values }) => {
        const value = !takesValue ? '' : values.length > 0 ? ` -x -a ${quotedForFish(values.join(' '))}` : ' -r';
        const seen = quotedForFish(`__fish_seen_subcommand_from ${name}`);
        return `complete -c shadow-gate -n ${seen} -l ${long.slice(2)} -d ${quotedForFish(what)}${value}`;
      }),
    ])
    .join('\n');
}

function quotedForFish(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
