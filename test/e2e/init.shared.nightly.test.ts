import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ACTION } from '@shadow-gate/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type WorkflowFacts, workflowText } from '../../src/cli/init/workflow-text.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';
import { builtDist } from './built-dist.ts';

let dist: string;
beforeAll(async () => {
  dist = await builtDist();
});

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `shadow-gate` in a folder, with these lines on standard input. */
function cli(folder: string, args: readonly string[], answers = ''): Promise<Result> {
  const child = spawn(process.execPath, [join(dist, 'cli.js'), ...args], { cwd: folder });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(answers);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** A repository of somebody with example checkpoints, and the policy of the examples if it is asked for. */
function userFolder(models: Readonly<Record<string, string>>, { withPolicy = true } = {}): string {
  const folder = temporaryFolder();
  for (const [path, example] of Object.entries(models)) {
    cpSync(repository('examples', example), join(folder, path), { recursive: true });
  }
  if (withPolicy) {
    for (const name of ['shadow-gate.yml', 'probes.jsonl']) cpSync(repository('examples', name), join(folder, name));
  }
  return folder;
}

const write = (folder: string, path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

/** What the linter of the examples says about the workflows of a folder. */
function lint(folder: string): { readonly status: number | null; readonly stderr: string } {
  cpSync(repository('action.yml'), join(folder, 'action.yml'));
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [...scriptArguments(`scripts/lint/${script}`), ...args], { encoding: 'utf8' });
  const workflows = join(folder, dirname(WORKFLOW));
  const programs = run('programs.ts', ...readdirSync(workflows).map((name) => join(workflows, name)));
  return programs.status === 0 ? run('workflows.ts', folder) : programs;
}

/** Not a number in every element of the last norm, in either type of 16 bits: the model has no probabilities. */
function breakNorm(file: string): void {
  const bytes = readFileSync(file);
  const size = Number(bytes.readBigUInt64LE(0));
  const [begin, end] = JSON.parse(bytes.toString('utf8', 8, 8 + size))['model.norm.weight'].data_offsets;
  for (let at = begin; at < end; at += 2) bytes.writeUInt16LE(0x7fc0, 8 + size + at);
  writeFileSync(file, bytes);
}

const WORKFLOW = '.github/workflows/shadow-gate.yml';
const BASELINE = '.shadow-gate/baseline.json';

describe('shadow-gate init', () => {
  it('sets an empty repository up from piped answers, and the steps that it prints work as they are', async () => {
    const folder = userFolder(
      { 'models/base': 'base', 'models/my model': 'coverage-expanding' },
      { withPolicy: false },
    );
    execFileSync('git', ['init', '-q'], { cwd: folder });
    // The candidate, its reference, and now.
    const { code, stdout, stderr } = await cli(folder, ['init'], 'models/my model\n\ny\n');
    expect(code, stderr).toBe(0);
    for (const path of [WORKFLOW, 'shadow-gate.yml', BASELINE]) expect(stdout).toContain(`✔ wrote ${path}\n`);
    expect(parse(readFileSync(join(folder, 'shadow-gate.yml'), 'utf8'))).toEqual({ probes: ['builtin'] });
    const { checkpoint, reference, probes } = await readMeasurement(join(folder, BASELINE));
    expect([checkpoint.parameters, reference?.parameters]).toEqual([505_056, 505_056]);
    expect(probes?.status).toBe('measured');
    const steps = parse(readFileSync(join(folder, WORKFLOW), 'utf8')).jobs.gate.steps;
    expect(steps[1].with).toMatchObject({ checkpoint: 'models/my model', reference: 'models/base' });
    expect(lint(folder)).toMatchObject({ status: 0, stderr: '' });
    const commands = stdout.split('\n').filter((line) => line.startsWith('      '));
    expect(commands).toHaveLength(3);
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
    // So small a model knows nothing of the built-in suite: the check is inconclusive.
    const script = `git() { command git ${identity.join(' ')} "$@"; }\n${commands.join('\n')} || test $? = 3`;
    execFileSync('bash', ['-ec', script], { cwd: folder });
    expect(existsSync(join(folder, 'report/report.json'))).toBe(true);
    const committed = execFileSync('git', ['ls-files'], { cwd: folder, encoding: 'utf8' });
    expect(committed.split('\n').sort().join()).toBe(
      ['', '.github/workflows/shadow-gate.yml', BASELINE, 'shadow-gate.yml'].sort().join(),
    );
  });

  it('asks whether a model with a chat template is asked through it, which it is by default', async () => {
    const folder = userFolder({ 'models/new': 'coverage-expanding' }, { withPolicy: false });
    const config = join(folder, 'models/new/tokenizer_config.json');
    const template = '{% for message in messages %}{{ message.content }}{% endfor %}';
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), chat_template: template }));
    const policy = () => parse(readFileSync(join(folder, 'shadow-gate.yml'), 'utf8'));
    // No reference, no chat template, and not now.
    const asked = await cli(folder, ['init'], 'none\nn\nn\n');
    expect(asked.code, asked.stderr).toBe(0);
    const said = `${asked.stdout}${asked.stderr}`.replaceAll(/\s+/g, ' ');
    expect(said).toContain('The model has a chat template. Ask it through the template, as its users do? [Y/n] n');
    expect(policy()['chat-template']).toBe(false);
    rmSync(join(folder, 'shadow-gate.yml'));
    rmSync(join(folder, WORKFLOW));
    const { code, stdout, stderr } = await cli(folder, ['init', '--yes']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('✔ the probes are asked through the chat template');
    expect(policy()['chat-template']).toBe(true);
    const { probes } = await readMeasurement(join(folder, BASELINE));
    expect(probes).toMatchObject({ status: 'measured', chatTemplate: true });
  });

  it('takes the defaults with --yes, and keeps every file that is there', async () => {
    const folder = userFolder({ 'models/base': 'base', 'models/new': 'coverage-expanding' });
    const policy = readFileSync(join(folder, 'shadow-gate.yml'), 'utf8');
    write(folder, WORKFLOW, 'mine');
    const { code, stdout } = await cli(folder, ['init', '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain(`· kept ${WORKFLOW}, which was there\n· kept shadow-gate.yml, which was there\n`);
    expect(readFileSync(join(folder, WORKFLOW), 'utf8')).toBe('mine');
    expect(readFileSync(join(folder, 'shadow-gate.yml'), 'utf8')).toBe(policy);
    const baseline = readFileSync(join(folder, BASELINE), 'utf8');
    expect(stdout).toContain('· measuring models/new as the first baseline');
    const again = await cli(folder, ['init', '--yes']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining(`· kept ${BASELINE}`)]);
    expect(readFileSync(join(folder, BASELINE), 'utf8')).toBe(baseline);
  });

  it('leaves the baseline for later, with the command for it, and adds no second workflow', async () => {
    const models = { 'models/base': 'base', 'models/new': 'coverage-expanding', 'models/approved': 'base' };
    const folder = userFolder(models);
    write(folder, '.github/workflows/gate.yml', 'jobs:\n  a:\n    steps:\n      - uses: x/shadow-gate@v0\n');
    // The candidate, its reference, no other workflow, the policy as it is, and not now.
    const { code, stdout } = await cli(folder, ['init', '--baseline', 'models/approved'], '\n\nn\n\nn\n');
    expect(code).toBe(0);
    expect(stdout).toContain('· kept .github/workflows/gate.yml');
    expect(stdout).toMatch(
      /3\. Measure the first baseline, and commit it too:\n {6}node .* measure --checkpoint models\/approved/,
    );
    expect([existsSync(join(folder, WORKFLOW)), existsSync(join(folder, BASELINE))]).toEqual([false, false]);
  });

  it('writes nothing where nobody answers', async () => {
    const folder = userFolder({ 'models/base': 'base', 'models/new': 'coverage-expanding' });
    const before = readdirSync(folder);
    const { code, stderr } = await cli(folder, ['init']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^shadow-gate: error: nobody answers .*there is no terminal.*add --yes.*\n$/);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('leaves nothing of a measurement that fails, or is stopped', async () => {
    const folder = userFolder({ new: 'coverage-expanding' });
    const before = readdirSync(folder);
    breakNorm(join(folder, 'new/model.safetensors'));
    const { code, stderr } = await cli(folder, ['init', '--yes']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/error: the probes did not run: .*--only spectra/)]);
    expect(readdirSync(folder)).toEqual(before);
    const child = spawn(process.execPath, [join(dist, 'cli.js'), 'init', '--yes', '--only', 'probes'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
    child.stdout.on('data', (chunk) => String(chunk).includes('measuring') && child.kill('SIGINT'));
    expect(await closed).toBe('SIGINT');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('writes no baseline that can judge nothing', async () => {
    const folder = userFolder({ new: 'coverage-expanding' });
    const before = readdirSync(folder);
    const { code, stderr } = await cli(folder, ['init', '--yes', '--budget', '0.001s']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Fewer than 40 facts judge nothing.*longer --budget/)]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('refuses half a gate that nobody asked for', async () => {
    const folder = userFolder({ new: 'coverage-expanding' });
    write(folder, 'new/config.json', JSON.stringify({ model_type: 'of-tomorrow' }));
    const refused = await cli(folder, ['init', '--yes']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('model_type "of-tomorrow"')]);
    const { code, stdout } = await cli(folder, ['init', '--yes', '--only', 'spectra']);
    expect(code).toBe(0);
    expect(stdout).toContain('--only spectra');
    expect(readFileSync(join(folder, WORKFLOW), 'utf8')).toContain('          only: spectra\n');
  });

  it('runs at the root of a repository only', async () => {
    const folder = userFolder({ 'sub/new': 'coverage-expanding' });
    execFileSync('git', ['init', '-q'], { cwd: folder });
    const { code, stderr } = await cli(join(folder, 'sub'), ['init', '--yes']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('GitHub looks for workflows at its root')]);
  });

  it('writes workflows that the linter of the examples accepts, for every kind of candidate and any name', () => {
    const base: WorkflowFacts = {
      action: ACTION,
      source: { kind: 'local', checkpoint: 'models/x', lfs: true },
      reference: null,
      baseline: null,
      only: null,
      budget: null,
      usesHub: false,
      timeoutMinutes: 60,
    };
    const server = { kind: 'server', endpoint: 'http://localhost:8000/v1', tokenizer: 'tok', isPrivate: true } as const;
    const all: WorkflowFacts[] = [
      { ...base, source: { kind: 'hub', folder: '' }, usesHub: true },
      { ...base, source: server },
      { ...base, source: { ...server, endpoint: 'https://api.example.com/v1', isPrivate: false } },
      ...['a: b', '$' + '{{ secrets.X }}', '"', '- x', '$(id)', 'x\u001b[0m', '*', '#'].map(
        (name): WorkflowFacts => ({
          ...base,
          source: { kind: 'local', checkpoint: name, lfs: false },
          reference: `models/${name}`,
          baseline: `b/${name}.json`,
          only: 'spectra',
          budget: '300s',
        }),
      ),
    ];
    const folder = temporaryFolder();
    for (const [i, facts] of all.entries()) write(folder, `.github/workflows/${i}.yml`, workflowText(facts));
    expect(lint(folder)).toMatchObject({ status: 0, stderr: '' });
  });
});
