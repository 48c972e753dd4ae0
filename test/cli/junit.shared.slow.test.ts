import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@shadow-gate/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { verdictExitCode } from '../../src/cli/verdict.ts';
import { SEVERITY } from '../../src/compare/finding.ts';
import type { Report } from '../../src/compare/report.ts';
import { verdictOf } from '../../src/compare/verdict/verdict.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { measurement, probes, reportOn } from '../compare/measurement.ts';
import { randomPair } from '../compare/random-pairs.ts';
import { readJson, repository, temporaryFolder } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { everyFinding } from '../report/findings.ts';
import { HOSTILE_NAMES, hostileReport } from '../report/fixtures.ts';
import { type JunitCase, readJunit } from './read-junit.ts';
import { runCli } from './run-cli.ts';

const FAIL_ON = ['inconclusive', 'warn'] as const;
type FailOn = (typeof FAIL_ON)[number];

const junit = (report: Report, failOn: FailOn = 'inconclusive') =>
  renderJunit(report, { isFailure: (verdict) => verdictExitCode(verdict, { failOn }) !== 0 });

const keyOf = ({ classname, name }: JunitCase) => `${classname}: ${name}`;
const both = measurement({ probes: probes() });
/** A model compared with itself. */
const alike = reportOn(both, both);
const only = (outcome: JunitCase['outcome'], { cases }: ReturnType<typeof readJunit>) =>
  cases.filter((one) => one.outcome === outcome);

/** What a CI system counts, compared with the exit code of the command. */
function expectAgreement(report: Report, failOn: FailOn): void {
  const file = readJunit(junit(report, failOn));
  const count = (outcome: JunitCase['outcome']) => only(outcome, file).length;
  expect(file).toMatchObject({
    tests: file.cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  });
  const code = verdictExitCode(report.verdict, { failOn });
  expect(file.failures + file.errors > 0, `${report.verdict}, --fail-on ${failOn}`).toBe(code !== 0);
  if (report.verdict === 'fail') expect(file.failures).toBeGreaterThan(0);
  if (report.verdict === 'inconclusive') expect(file.errors).toBeGreaterThan(0);
  expect(file.cases.length).toBeGreaterThan(0);
  expect(new Set(file.cases.map(keyOf)).size).toBe(file.cases.length);
  expect(file.properties.verdict).toBe(report.verdict);
}

describe('JUnit XML', () => {
  const reports: Report[] = [];
  beforeAll(() => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const { candidate, baseline, policy } = randomPair(seed);
      reports.push(reportOn(candidate, baseline, { policy }));
    }
  });

  it.each(FAIL_ON)('is red exactly if the command is, with --fail-on %s', (failOn) => {
    expect(new Set(reports.map(({ verdict }) => verdict)).size).toBe(4);
    for (const report of reports) expectAgreement(report, failOn);
  });

  it.each(SEVERITY)('is red exactly if the command is, for every kind of finding at the level %s', (level) => {
    for (const finding of everyFinding('name')) {
      const findings = [{ ...finding, level }];
      for (const benchmarks of [null, []]) {
        const report = { ...alike, benchmarks, findings, verdict: verdictOf(findings) };
        for (const failOn of FAIL_ON) expectAgreement(report, failOn);
      }
    }
  });

  it('names a check alike, whatever was found', () => {
    const names = (report: Report) => readJunit(junit(report)).cases.map(keyOf);
    const [passed, failed] = (['pass', 'fail'] as const).map((wanted) => {
      const findings = everyFinding('name').filter(({ kind }) => wanted === 'fail' && kind === 'twin-accuracy');
      return names({ ...alike, findings, verdict: wanted });
    });
    expect(failed).toEqual(passed);
    expect(passed).toContain('shadow-gate.probes: Accuracy in other forms, all and by capability');
  });

  it('calls nothing passed that the comparison leaves open', () => {
    const findings = everyFinding('name')
      .filter(({ kind }) => kind === 'other-architecture')
      .map((finding) => ({ ...finding, level: 'inconclusive' as const }));
    const file = readJunit(junit({ ...alike, findings, verdict: 'inconclusive' }));
    expect(only('error', file).map(keyOf)).toEqual(['shadow-gate.comparison: Other architecture']);
    const passed = only('passed', file).map(({ classname }) => classname);
    expect(passed).not.toContain('shadow-gate.probes');
    expect(passed).not.toContain('shadow-gate.spectra');
  });

  it('has a warning in the output of a test that passes, and as a failure with --fail-on warn', () => {
    const [finding] = everyFinding('q_proj').filter(({ kind }) => kind === 'spike');
    const report: Report = { ...alike, findings: finding ? [{ ...finding, level: 'warn' }] : [], verdict: 'warn' };
    const [noted] = readJunit(junit(report)).cases.filter(({ output }) => output !== '');
    expect(noted).toMatchObject({
      outcome: 'passed',
      output: expect.stringMatching(/^warn: .*q_proj.*\nWhat to do: /),
    });
    const [failed] = only('failure', readJunit(junit(report, 'warn')));
    expect(failed).toMatchObject({ name: noted?.name, message: expect.stringContaining('q_proj') });
  });

  it.each(HOSTILE_NAMES.map((name) => [name.slice(0, 40), name]))('is XML whatever a name is: %j', (_, name) => {
    for (const findings of [hostileReport(name).findings, everyFinding(name)]) {
      const report = { ...hostileReport(name), findings, verdict: verdictOf(findings) };
      const file = readJunit(junit(report));
      expect(file.failures + file.errors + file.cases.length).toBeGreaterThan(1);
    }
  });

  it('has no character that XML forbids, and shows which it was', () => {
    const name = 'a\u0000b\u0008c\u001fd\ufffee\ud800f\u007fg]]>&<"\'';
    const xml = junit(hostileReport(name));
    expect(readJunit(xml).properties.candidate).toBe(`a\\u0000b\\u0008c\\u001fd\\ufffee\\ud800f\\u007fg]]>&<"'`);
  });
});

const example = (name: string) => repository('examples', name);
const SPECTRA = ['--reference', example('base'), '--only', 'spectra', '--device', 'cpu'];
const PAIR = ['--checkpoint', example('benchmark-aligned'), '--baseline', example('coverage-expanding')];
const CHECK = ['check', ...PAIR, ...SPECTRA];

/** A policy by which the pair gets a level: its ratio rose by 8.7%. */
function policyOf(level: 'warn' | 'fail'): string[] {
  const policy = join(temporaryFolder(), 'shadow-gate.yml');
  writeFileSync(policy, `rules: [{ metric: mlpAttentionRatio, direction: up, relative: 0.05, level: ${level} }]\n`);
  return ['--policy', policy];
}

describe('--junit', () => {
  it.each([
    ['warn', [], 0, 0],
    ['warn', ['--fail-on', 'warn'], 1, 1],
    ['fail', [], 1, 1],
  ] as const)('writes a file that agrees with the exit code: %s %j', async (level, options, code, failures) => {
    const file = join(temporaryFolder(), 'deep', 'junit.xml');
    const result = await runCli(...CHECK, ...policyOf(level), ...options, '--junit', file);
    expect(result).toMatchObject({ code, stderr: '' });
    const read = readJunit(readFileSync(file, 'utf8'));
    expect(read).toMatchObject({ failures, errors: 0, properties: { verdict: level, version: VERSION } });
    expect(read.properties['candidate.digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('has an error for what could not be judged, also of compare, in addition to the other files', async () => {
    const out = join(temporaryFolder(), 'report');
    const measured = await runCli(...CHECK, '--out', out);
    expect(measured.code).toBe(0);
    const file = join(temporaryFolder(), 'junit.xml');
    const other = join(temporaryFolder(), 'other.json');
    const older = readJson<{ tool: { version: string } }>(join(out, 'measurement.json'));
    writeFileSync(other, JSON.stringify({ ...older, tool: { ...older.tool, version: '0.1.0' } }));
    const compared = await runCli('compare', join(out, 'measurement.json'), other, '--junit', file);
    expect(compared.code).toBe(3);
    const read = readJunit(readFileSync(file, 'utf8'));
    expect(read.errors).toBeGreaterThan(0);
    expect(read.properties.verdict).toBe('inconclusive');
  });

  it('is refused beside --allow-inconclusive, which would make two answers of one', async () => {
    const { code, stderr } = await runCli(...CHECK, '--junit', 'junit.xml', '--allow-inconclusive');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--junit.* cannot be used with .*--allow-inconclusive/);
    for (const word of ['fail', 'never']) {
      const result = await runCli(...CHECK, '--junit', 'junit.xml', '--fail-on', word);
      expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(`with --fail-on ${word}`) });
    }
  });

  it('takes the file of an earlier run away, so that a run without a verdict has none', async () => {
    const file = join(temporaryFolder(), 'junit.xml');
    writeFileSync(file, '<testsuites/>');
    const { code } = await runCli('compare', 'nowhere.json', 'nowhere.json', '--junit', file);
    expect(code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  it('is refused before anything is measured if it cannot be written', async () => {
    const { code, stderr } = await runCli(...CHECK, '--junit', temporaryFolder());
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot write to .*: not a file/);
  });

  itNeeds(existsSync('/dev/full'), '/dev/full')('is not written where --out fails, which is no verdict', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'report'));
    symlinkSync('/dev/full', join(folder, 'report', 'report.json'));
    const file = join(folder, 'junit.xml');
    const { code } = await runCli(...CHECK, '--junit', file, '--out', join(folder, 'report'));
    expect(code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});
