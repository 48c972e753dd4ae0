import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

async function scriptOf(shell: string): Promise<string> {
  const { code, stdout } = await runCli('completion', shell);
  expect(code).toBe(0);
  const file = join(temporaryFolder(), `completion.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

/** What bash offers for the last of some words. */
async function inBash(...words: string[]): Promise<string[]> {
  const list = words.map((word) => JSON.stringify(word)).join(' ');
  const program = `source "$1"; COMP_WORDS=(shadow-gate ${list}); COMP_CWORD=${words.length}; _shadow_gate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-c', program, 'bash', await scriptOf('bash')], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('offers commands, options and values in bash', async () => {
    expect(await inBash('me')).toEqual(['measure', 'merge']);
    expect(await inBash('check', '--basel')).toEqual(['--baseline-endpoint', '--baseline-model', '--baseline']);
    expect(await inBash('check', '--device', '')).toEqual(['auto', 'cpu', 'cuda', 'webgpu']);
    expect(await inBash('measure', '--checkpoint', 'x', '--on')).toEqual(['--only']);
    // Paths are left to the shell.
    expect(await inBash('check', '--checkpoint', './mod')).toEqual([]);
    expect(await inBash('check', '--strict')).toEqual([]);
  });

  it.skipIf(!has('zsh'))('is a script of zsh that it can read', async () => {
    const file = await scriptOf('zsh');
    const program = 'autoload -U compinit; compinit -D; source $1; whence -w _shadow_gate';
    expect(execFileSync('zsh', ['-f', '-c', program, 'zsh', file], { encoding: 'utf8' })).toContain(
      '_shadow_gate: function',
    );
  });

  it.skipIf(!has('fish'))('offers options with what they mean in fish', async () => {
    const file = await scriptOf('fish');
    const ask = (line: string) =>
      execFileSync('fish', ['--no-config', '-c', `source ${file}; complete -C ${JSON.stringify(line)}`], {
        encoding: 'utf8',
      });
    expect(ask('shadow-gate check --js')).toMatch(/^--json\tprint the report as JSON/m);
    expect(ask('shadow-gate che')).toMatch(/^check\tmeasure a checkpoint/m);
    expect(ask('shadow-gate check --device ')).toMatch(/^cuda/m);
  });

  it('is of one of three shells', async () => {
    const { code, stderr } = await runCli('completion', 'csh');
    expect(code).toBe(2);
    expect(stderr).toMatch(/bash, zsh, fish/);
  });
});
