import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verdictExitCode } from '../../src/cli/verdict.ts';
import { FAIL_ON_CHOICES, type FailOn } from '../../src/github/publish/index.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { runCli, runCliWith } from './run-cli.ts';

const example = (name: string) => repository('examples', name);
const SPECTRA = ['--reference', example('base'), '--only', 'spectra', '--device', 'cpu'];
const PAIR = ['--checkpoint', example('benchmark-aligned'), '--baseline', example('coverage-expanding')];

/** A check that warns: its ratio rose by 8.7%, and this policy allows 5%. */
function warnedCheck(): string[] {
  const policy = join(temporaryFolder(), 'shadow-gate.yml');
  writeFileSync(policy, 'rules: [{ metric: mlpAttentionRatio, direction: up, relative: 0.05 }]\n');
  return ['check', ...PAIR, ...SPECTRA, '--policy', policy];
}

describe('a verdict on the command line', () => {
  it('ends check and report by the words that sweep and the action have', async () => {
    const out = join(temporaryFolder(), 'report');
    expect((await runCli(...warnedCheck(), '--quiet', '--fail-on', 'never', '--out', out)).code).toBe(0);
    for (const failOn of FAIL_ON_CHOICES) {
      const saved = await runCli('report', join(out, 'report.json'), '--quiet', '--fail-on', failOn);
      expect(saved, failOn).toMatchObject({ code: failOn === 'warn' ? 1 : 0, stderr: '' });
    }
    const codesOf = (failOn: FailOn) =>
      (['pass', 'warn', 'inconclusive', 'fail'] as const).map((verdict) => verdictExitCode(verdict, { failOn }));
    expect(FAIL_ON_CHOICES.map((failOn) => [failOn, ...codesOf(failOn)])).toEqual([
      ['fail', 0, 0, 0, 1],
      ['inconclusive', 0, 0, 3, 1],
      ['warn', 0, 1, 3, 1],
      ['never', 0, 0, 0, 0],
    ]);
  });

  it('is the report as JSON with --json, the same as in the file', async () => {
    const out = join(temporaryFolder(), 'report');
    const { code, stdout, stderr } = await runCli(...warnedCheck(), '--json', '--out', out);
    expect(code).toBe(0);
    const file = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
    expect(JSON.parse(stdout)).toEqual(file);
    expect(file.verdict).toBe('warn');
    expect(stderr).toBe('');
  });

  itNeeds(existsSync('/dev/full'), '/dev/full')(
    'is printed also if the disk was full when it was written',
    async () => {
      const out = temporaryFolder();
      symlinkSync('/dev/full', join(out, 'report.json'));
      const { code, stdout, stderr } = await runCli(...warnedCheck(), '--out', out);
      expect(code).toBe(2);
      expect(stdout).toMatch(/^ {2}▲ warn: /m);
      expect(stdout).not.toContain(out);
      expect(stderr).toMatch(/^shadow-gate: error: ENOSPC[^\n]*report\.json' — check that path[^\n]*\n$/);
    },
  );

  it('stands alone with --quiet', async () => {
    const out = join(temporaryFolder(), 'report');
    const { stdout } = await runCli(...warnedCheck(), '--quiet', '--out', out);
    expect(stdout.trim()).toMatch(/^▲ warn: /);
    expect(stdout.trim().split('\n').length).toBeLessThan(4);
    const again = await runCli('report', join(out, 'report.json'), '--quiet');
    expect(again).toEqual({ code: 0, stdout, stderr: '' });
    const hasColor = async (env: Readonly<NodeJS.ProcessEnv>, ...flags: string[]) => {
      const plain = { NO_COLOR: '', FORCE_COLOR: undefined, ...env };
      return (await runCliWith(plain, 'report', join(out, 'report.json'), ...flags)).stdout.includes('\u001b[');
    };
    // For terminals, unless somebody says otherwise.
    expect(await hasColor({})).toBe(false);
    expect(await hasColor({ FORCE_COLOR: '1' })).toBe(true);
    expect(await hasColor({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await hasColor({ FORCE_COLOR: '0' }, '--color')).toBe(true);
    expect(await hasColor({ FORCE_COLOR: '1' }, '--no-color')).toBe(false);
    const { verdict } = JSON.parse((await runCli('report', join(out, 'report.json'), '--json')).stdout);
    expect(verdict).toBe('warn');
  });

  it('is one of JSON, a comment and a line', async () => {
    for (const pair of [
      ['--json', '--quiet'],
      ['--markdown', '--json'],
      ['--markdown', '--quiet'],
    ]) {
      const { code, stderr } = await runCli('report', 'report.json', ...pair);
      expect(code).toBe(2);
      expect(stderr).toMatch(/cannot be used with/);
    }
  });
});

describe('a misspelled command line', () => {
  it.each([
    [['chek'], /unknown command 'chek' \(Did you mean check\?\)/],
    [['check', '--refrence', 'x'], /unknown option '--refrence' \(Did you mean --reference\?\)/],
    [['check', '--chekpoint', 'x'], /unknown option '--chekpoint' \(Did you mean --checkpoint\?\)/],
    [['spectra', '--checkpoint', 'org/model-1B'], /org\/model-1B does not exist .* hf:\/\/org\/model-1B/],
  ])('%j gets what was meant, on one line', async (args, message) => {
    const { code, stderr } = await runCli(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
