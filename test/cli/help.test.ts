import { expect, it } from 'vitest';
import { VERSION } from '../../src/platform/version.ts';
import { runCli } from './run-cli.ts';

const COMMANDS = [
  'init',
  'check',
  'measure',
  'merge',
  'compare',
  'report',
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

it('prints the version', async () => {
  expect(await runCli('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
});

it('refuses an unknown command in one line', async () => {
  const { code, stdout, stderr } = await runCli('chekc');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^shadow-gate: error: unknown command 'chekc' \(Did you mean check\?\) \(see --help\)\n$/);
});
