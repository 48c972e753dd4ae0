/** A workflow command that the runner would carry out. */
export interface Command {
  readonly name: string;
  readonly properties: string;
  readonly message: string;
}

/**
 * The commands that GitHub's runner takes from a log: `::name properties::message` at the start of a line, `##[name]`
 * anywhere in one, and none between `::stop-commands::word` and `::word::`.
 */
export function commandsIn(log: string): Command[] {
  const commands: Command[] = [];
  let word: string | null = null;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const command = parse(line);
    if (command === null) continue;
    if (word !== null) {
      if (command.name === word) word = null;
    } else if (command.name === 'stop-commands') word = command.message;
    else commands.push(command);
  }
  if (word !== null) throw new Error('commands were never turned on again');
  return commands;
}

function parse(line: string): Command | null {
  const [, name, properties = '', message = ''] =
    /^\s*::([^ :]+)(?: ((?:(?!::).)*))?::(.*)$/.exec(line) ?? /##\[([^ \]]+)(?: ([^\]]*))?\](.*)$/.exec(line) ?? [];
  return name === undefined ? null : { name, properties, message: unescaped(message) };
}

const unescaped = (text: string): string => text.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%');
