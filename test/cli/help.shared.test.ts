import { Writable } from 'node:stream';
import { VERSION } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/run.ts';
import { runCli } from './run-cli.ts';

const COMMANDS = [
  'init',
  'doctor',
  'check',
  'sweep',
  'measure',
  'calibrate',
  'merge',
  'compare',
  'report',
  'verify',
  'spectra',
  'probes',
  'score',
  'generate',
  'completion',
];

it('lists every command and the exit codes', async () => {
  const { code, stdout, stderr } = await runCli('--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const listed = [...(/^Commands:\n(.*?)\n\n/ms.exec(stdout)?.[1]?.matchAll(/^ {2}(\w+)/gm) ?? [])];
  expect(listed.map(([, name]) => name)).toEqual([...COMMANDS, 'help']);
  for (const exitCode of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`^  ${exitCode}  `, 'm'));
});

it.each(COMMANDS)('the help of %s has an example and fits 80 columns', async (command) => {
  const { code, stdout } = await runCli(command, '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Examples?:\n/m);
  expect(stdout).toMatch(new RegExp(`^  shadow-gate ${command} `, 'm'));
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

it.each(['check', 'measure', 'sweep', 'calibrate', 'score', 'generate'])(
  'the options of %s are in groups, with what it is about first',
  async (command) => {
    const { stdout } = await runCli(command, '--help');
    const [, page = ''] = /^(Model:\n.*?)^(?:Requests, one of.*|Examples?):/ms.exec(stdout) ?? [];
    const groups = page.split(/^(?=\S.*:$)/m).map((group) => {
      const [heading = '', ...lines] = group.split('\n');
      return { heading, options: lines.flatMap((line) => /^ {2}(?:-\w, )?--([\w-]+)/.exec(line)?.[1] ?? []) };
    });
    expect(groups.find(({ heading }) => heading === 'Options:')?.options).toEqual(['help']);
    for (const { heading, options } of groups) {
      expect(options.length, heading).toBeGreaterThan(0);
      expect(options.length, heading).toBeLessThanOrEqual(10);
    }
  },
);

it('prints the version', async () => {
  for (const flag of ['-v', '--version']) {
    expect(await runCli(flag)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  }
});

it('refuses an unknown command in one line', async () => {
  const { code, stdout, stderr } = await runCli('chekc');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^shadow-gate: error: unknown command 'chekc' \(Did you mean check\?\) \(see --help\)\n$/);
});

/** What a command line prints on a terminal of this width. */
async function onTerminal(columns: number, ...args: string[]): Promise<string> {
  let text = '';
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  await runCommandLine(args, {
    stdout: Object.assign(stdout, { columns, isTTY: true }),
    stderr: stdout,
    env: {},
    now: () => new Date(),
  });
  return text;
}

describe.each([40, 60, 80, 100, 200])('help on a terminal of %i columns', (columns) => {
  const pages = [['--help'], ...COMMANDS.map((command) => [command, '--help'])];

  it.each(pages)('fits, and breaks no word: %s %s', async (...page) => {
    const text = await onTerminal(columns, ...page.filter((word) => word !== undefined));
    for (const line of text.split('\n')) {
      // An option and its value stay together.
      const least = /^ {4}--[\w-]+ \S+(?: \\)?$/.test(line) ? 44 : 0;
      expect(line.length, line).toBeLessThanOrEqual(Math.max(columns, least));
    }
    // The same words in the same order as where there is room for each line.
    const words = (shown: string) =>
      shown
        .replace(/^ *# /gm, '')
        .split(/\s+/)
        .filter((word) => word !== '\\' && word !== '');
    expect(words(text)).toEqual(words(await onTerminal(1000, ...page.filter((word) => word !== undefined))));
  });
});
