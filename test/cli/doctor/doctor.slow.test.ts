import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/cli/doctor/diagnosis.ts';
import { workflowText } from '../../../src/cli/init/workflow-text.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { asProcess } from '../../e2e/as-process.ts';
import { repository, temporaryFolder } from '../../fixtures.ts';

const folder = temporaryFolder();
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

const WORKFLOW = '.github/workflows/shadow-gate.yml';
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n';

function workflow(lfs: boolean): string {
  return workflowText({
    action: `org/shadow-gate@${'0'.repeat(40)}`,
    source: { kind: 'local', checkpoint: 'models/new', lfs },
    reference: 'models/base',
    baseline: null,
    only: null,
    budget: null,
    usesHub: false,
    timeoutMinutes: 60,
  });
}

beforeAll(() => {
  for (const [path, example] of [
    ['models/new', 'coverage-expanding'],
    ['models/base', 'base'],
  ] as const) {
    cpSync(repository('examples', example), join(folder, path), { recursive: true });
  }
  for (const name of ['shadow-gate.yml', 'probes.jsonl']) cpSync(repository('examples', name), join(folder, name));
  write(WORKFLOW, workflow(false));
});

async function doctor(...args: string[]) {
  const environment = {
    ...{ PATH: process.env.PATH ?? '', SHADOW_GATE_CACHE: join(folder, '.cache') },
    // No hub.
    HF_ENDPOINT: 'http://127.0.0.1:9',
  };
  const { code, log } = await asProcess({ environment, folder }, async () => {
    process.exitCode = await runCommandLine(
      ['doctor', ...args, '--json'],
      Object.assign(process, { now: () => new Date() }),
    );
  });
  const { ok, checks } = JSON.parse(log) as { ok: boolean; checks: readonly Diagnosis[] };
  const of = (name: string) => checks.find((check) => check.name === name);
  return { code, ok, of, problems: checks.filter(({ status }) => status === 'problem').map(({ name }) => name) };
}

describe('doctor', () => {
  it('takes what the workflow has, and exits with 0 where all can work', async () => {
    const { code, ok, of, problems } = await doctor();
    expect({ code, ok, problems }).toEqual({ code: 0, ok: true, problems: [] });
    expect(of('checkpoint')?.text).toMatch(/^models\/new, as .github\/workflows\/shadow-gate.yml has it: full weights/);
    expect(of('reference')?.text).toMatch(/^models\/base: full weights, 505 thousand parameters, 1.0 MB, llama$/);
    expect(of('baseline')).toMatchObject({ status: 'warning', fix: "run 'shadow-gate init'" });
    expect(of('policy')?.text).toBe('shadow-gate.yml: probes.jsonl (810 items)');
  });

  it('names each thing that cannot work, with how to fix it', async () => {
    const config = join(folder, 'models/new/config.json');
    const before = readFileSync(config, 'utf8');
    write('.gitattributes', '*.safetensors filter=lfs\n');
    write('models/base/generation_config.json', POINTER);
    write('models/new/config.json', JSON.stringify({ ...JSON.parse(before), model_type: 'of-tomorrow' }));
    write('.shadow-gate/baseline.json', '{}');
    const { code, problems, of } = await doctor('--policy', 'none.yml');
    expect(code).toBe(2);
    expect(problems).toEqual(['git-lfs', 'architecture', 'policy', 'baseline']);
    expect(of('git-lfs')?.fix).toContain('git lfs pull');
    for (const name of problems) expect(of(name)?.fix).toBeTruthy();
    write('models/new/config.json', before);
    write(WORKFLOW, workflow(true));
    for (const path of ['.gitattributes', 'models/base/generation_config.json', '.shadow-gate/baseline.json']) {
      rmSync(join(folder, path));
    }
  });

  it('keeps the baseline out of Git LFS', async () => {
    write('.gitattributes', '*.json filter=lfs\n');
    const { of } = await doctor('--baseline', '.shadow-gate/baseline.json');
    expect(of('baseline')?.text).toContain('is for Git LFS by .gitattributes');
    rmSync(join(folder, '.gitattributes'));
  });

  it('takes the workflow that gates, not one that calibrates', async () => {
    write('.github/workflows/calibrate.yml', readFileSync(repository('examples/workflows/calibrate.yml'), 'utf8'));
    expect((await doctor()).of('checkpoint')?.text).toMatch(
      /^models\/new, as .github\/workflows\/shadow-gate.yml has it/,
    );
    rmSync(join(folder, '.github/workflows/calibrate.yml'));
  });

  it('says what is wrong with a checkpoint once, and checks the rest', async () => {
    const { code, problems, of } = await doctor('--checkpoint', 'models/nothing');
    expect([code, problems]).toEqual([2, ['checkpoint']]);
    expect(of('checkpoint')?.text).toBe('models/nothing does not exist');
    expect(of('action')?.status).toBe('ok');
  });

  it('says once that a reference cannot be had, and what of', async () => {
    const here = await doctor('--checkpoint', 'models/new', '--reference', 'models/nothing');
    expect([here.code, here.problems]).toEqual([2, ['reference']]);
    expect(here.of('checkpoint')?.status).toBe('ok');
    expect(here.of('reference')?.text).toBe('models/nothing does not exist');
    const elsewhere = await doctor('--checkpoint', 'models/new', '--reference', 'hf://org/base');
    expect(elsewhere.problems).toEqual(['reference']);
    expect(elsewhere.of('reference')?.fix).toContain('--reference PATH');
  });

  it('needs a tokenizer for the probes, and none for the spectra', async () => {
    const tokenizer = join(folder, 'models/new/tokenizer.json');
    const text = readFileSync(tokenizer);
    rmSync(tokenizer);
    expect((await doctor()).problems).toEqual(['tokenizer']);
    expect((await doctor('--only', 'spectra', '--checkpoint', 'models/new')).problems).toEqual([]);
    writeFileSync(tokenizer, text);
  });

  it('reads a baseline of this version, model and suites', async () => {
    const cli = (...args: string[]) =>
      asProcess({ environment: { PATH: process.env.PATH ?? '', SHADOW_GATE_CACHE: 'off' }, folder }, async () => {
        process.exitCode = await runCommandLine(args, Object.assign(process, { now: () => new Date() }));
      });
    const out = ['--reference', 'models/base', '--out', '.shadow-gate/baseline.json'];
    expect((await cli('measure', '--checkpoint', 'models/new', ...out, '--only', 'spectra')).code).toBe(0);
    const { of } = await doctor();
    expect(of('baseline')).toMatchObject({
      status: 'problem',
      text: expect.stringContaining('no answers to the probes'),
    });
    const alone = await doctor('--checkpoint', 'models/new', '--only', 'spectra');
    expect(alone.of('baseline')?.text).toContain('it was measured with a reference, and now there is none');
  });
});
