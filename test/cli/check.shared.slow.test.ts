import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editTensor } from '../../packages/checkpoints/test/edit-tensor.ts';
import { safetensorsBytes } from '../../packages/checkpoints/test/write-safetensors.ts';
import { verdictExitCode } from '../../src/cli/verdict.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { readReport } from '../../src/report/json.ts';
import { fixture, readJson, repository, shared, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from '../gate/reasons.ts';
import { describeNeeds } from '../needs.ts';
import { exceptProgress, runCli } from './run-cli.ts';

const example = (name: string) => repository('examples', name);
const onlySpectra = ['--only', 'spectra'];
const update = [...onlySpectra, '--reference', example('base'), '--baseline', example('coverage-expanding')];

describe('check --only spectra', () => {
  it('does not warn of 0.690 against 0.635, as of two seeds, by default; with a policy it does, and writes all files', async () => {
    const checked = ['check', '--checkpoint', example('benchmark-aligned'), ...update];
    const byDefault = await runCli(...checked);
    expect(byDefault.code).toBe(0);
    expect(byDefault.stdout).toMatch(/✔ MLP ÷ attention ratio +0\.635 → 0\.690 +\+8\.7% +\+25%/);
    expect(byDefault.stdout).toMatch(/No limit for the\s+shape of an update is calibrated here/);
    const policy = join(temporaryFolder(), 'shadow-gate.yml');
    writeFileSync(policy, 'rules: [{ metric: mlpAttentionRatio, direction: up, relative: 0.08 }]\n');
    const out = join(temporaryFolder(), 'deep', 'report');
    const { code, stdout, stderr } = await runCli(...checked, '--policy', policy, '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/▲ warn: /);
    expect(stdout).toMatch(/0\.635.*0\.690/);
    expect(readdirSync(out).sort()).toEqual(['comment.md', 'measurement.json', 'report.html', 'report.json']);
    const report = await readReport(join(out, 'report.json'));
    expect(report.verdict).toBe('warn');
    expect(reasonsOf(report)).toHaveLength(1);
    expect(reasonsOf(report)[0]).toMatchObject({
      metric: 'mlpAttentionRatio',
      candidate: expect.closeTo(0.69, 2),
      baseline: expect.closeTo(0.635, 3),
    });
    measurementSchema.parse(readJson(join(out, 'measurement.json')));
    expect(readFileSync(join(out, 'comment.md'), 'utf8')).toContain('0.690');
  });

  it('passes the prompt-repetition example', async () => {
    const { code, stdout } = await runCli('check', '--checkpoint', example('prompt-repetition'), ...update);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ pass: /);
  });
});

describe('the exit code of check', () => {
  it('is 1 on a failure', async () => {
    const broken = join(temporaryFolder(), 'broken');
    cpSync(fixture('llama-f32'), broken, { recursive: true });
    editTensor(join(broken, 'model.safetensors'), 'model.layers.1.mlp.up_proj.weight', (values) =>
      values.fill(Number.NaN, 0, 1),
    );
    const { code, stdout } = await runCli('check', '--checkpoint', broken, '--baseline', fixture('llama-f32'));
    expect(code).toBe(1);
    expect(stdout).toContain('model.layers.1.mlp.up_proj.weight');
  });

  it('is 3 on an inconclusive verdict unless --allow-inconclusive is given; scripts may still say --strict', async () => {
    const args = ['check', '--checkpoint', fixture('gpt2'), '--baseline', fixture('llama-f32')];
    expect((await runCli(...args)).code).toBe(3);
    expect((await runCli(...args, '--strict')).code).toBe(3);
    expect((await runCli(...args, '--allow-inconclusive')).code).toBe(0);
  });

  it('is 2 if a command line both allows and refuses what could not be judged', async () => {
    const { code, stderr } = await runCli('report', 'report.json', '--strict', '--allow-inconclusive');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--strict.* cannot be used with .*--allow-inconclusive/);
  });

  it('is not a pass if every matrix was skipped: the output names the matrices and the memory limit', async () => {
    const falcon = ['--checkpoint', fixture('falcon')];
    const { code, stdout } = await runCli('check', ...falcon, '--max-memory', '0.000001', '--verbose');
    expect(code).toBe(3);
    expect(stdout).toMatch(/no matrix could be measured/i);
    expect(stdout).toMatch(/query_key_value\.weight\[q\]/);
  });
});

describe('a command that judges', () => {
  it.each([
    ['pass', 0, 0],
    ['warn', 0, 0],
    ['fail', 1, 1],
    ['inconclusive', 3, 0],
  ] as const)(
    'with the verdict %s exits with code %i, and with %i if inconclusive is allowed',
    (verdict, code, allowed) => {
      expect(verdictExitCode(verdict, {})).toBe(code);
      expect(verdictExitCode(verdict, { allowInconclusive: true })).toBe(allowed);
    },
  );

  it('does not pass a checkpoint for which the time was too short to show anything', async () => {
    const args = ['--checkpoint', example('coverage-expanding'), '--baseline', example('base'), '--only', 'probes'];
    const { code, stdout } = await runCli(
      'check',
      ...args,
      '--policy',
      example('shadow-gate.yml'),
      '--budget',
      '0.01s',
    );
    expect(code).toBe(3);
    expect(stdout).toMatch(/\? inconclusive: /);
  });
});

describe('check with probes', () => {
  const check = (name: string) =>
    runCli(
      'check',
      '--checkpoint',
      example(name),
      '--reference',
      example('base'),
      '--baseline',
      example('base'),
      '--policy',
      example('shadow-gate.yml'),
      // Numbers of what is asked depend on the order.
      '--order-seed',
      '1',
    );

  it('fails the benchmark-aligned example', async () => {
    const { code, stdout, stderr } = await check('benchmark-aligned');
    expect({ code, stderr: exceptProgress(stderr) }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/✘ fail: /);
    expect(stdout).toMatch(/✘ Carried over, no options +— +1\d% /);
  });

  it('passes the coverage-expanding example', async () => {
    const { code, stdout, stderr } = await check('coverage-expanding');
    expect({ code, stderr: exceptProgress(stderr) }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/✔ pass: /);
  });
});

const models = shared('models');
describeNeeds(Boolean(models), '../shared/models')('check on a real language model', () => {
  it('passes its bfloat16 rounding', async () => {
    const pair = ['--checkpoint', `${models}/stories260K-bf16`, '--baseline', `${models}/stories260K`];
    const { code, stdout } = await runCli('check', ...pair, ...onlySpectra);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ pass: /);
  });

  it.each([
    ['warns', 'model.layers.0.mlp.gate_proj.weight', /▲ warn: /],
    ['warns', 'model.layers.3.self_attn.q_proj.weight', /▲ warn: /],
    // Every token's row is another one.
    ['fails', 'model.embed_tokens.weight', /✘ fail: 509 rows of the embedding/],
  ])('%s about a rank-1 spike and names its matrix: %s', async (_, name, verdict) => {
    const spiked = join(temporaryFolder(), 'spiked');
    cpSync(`${models}/stories260K`, spiked, { recursive: true, mode: 0 });
    editTensor(join(spiked, 'model.safetensors'), name, (values, [rows = 1, columns = 1]) => {
      // 4 σ₁ in norm, along ±1 vectors.
      const size = (4 * 45) / Math.sqrt(rows * columns);
      for (const [i, value] of values.entries()) {
        const sign = (Math.floor(i / columns) % 2) + ((i % columns) % 3 === 0 ? 1 : 0);
        values[i] = value + (sign % 2 ? size : -size);
      }
    });
    const baseline = ['--baseline', `${models}/stories260K`];
    const { stdout } = await runCli('check', '--checkpoint', spiked, ...baseline, ...onlySpectra);
    expect(stdout).toMatch(verdict);
    expect(stdout.replaceAll(/\s/g, '')).toContain(name);
  });
});

/** One line on standard error, with the code of its hint below it if that is code, and nothing on standard output. */
function expectOneError({ code, stdout, stderr }: Awaited<ReturnType<typeof runCli>>, pattern: RegExp) {
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(pattern);
  const lines = stderr.trimEnd().split('\n');
  expect(lines.filter((line) => !line.startsWith('    '))).toHaveLength(1);
}

describe('check refuses, in one line and without writing anything', () => {
  /** A copy of a fixture, damaged. */
  function damaged(name: string, damage: (folder: string) => void): string {
    const folder = join(temporaryFolder(), name);
    cpSync(fixture(name), folder, { recursive: true });
    damage(folder);
    return folder;
  }
  const weights = (bytes: Uint8Array) => (folder: string) => writeFileSync(join(folder, 'model.safetensors'), bytes);
  const tensor = (shape: number[], begin: number, end: number) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

  it.each<[string, () => string, RegExp]>([
    [
      'with a missing shard',
      () => damaged('mixtral', (f) => rmSync(join(f, 'model-00002-of-00002.safetensors'))),
      /model-00002-of-00002\.safetensors is missing/,
    ],
    [
      'with a truncated file',
      () => damaged('gpt2', (f) => truncateSync(join(f, 'model.safetensors'), 9000)),
      /truncated: tensor/,
    ],
    [
      'with a header larger than the file',
      () => damaged('gpt2', (f) => truncateSync(join(f, 'model.safetensors'), 100)),
      /header/,
    ],
    [
      'with overlapping offsets',
      () =>
        damaged(
          'gpt2',
          weights(safetensorsBytes({ x: tensor([1, 2], 0, 8), y: tensor([1, 2], 4, 12) }, Buffer.alloc(12))),
        ),
      /tensor "y".*overlaps/,
    ],
    [
      'with a shape that overflows',
      () => damaged('gpt2', weights(safetensorsBytes({ x: tensor([2 ** 50, 2 ** 50], 0, 8) }, Buffer.alloc(8)))),
      /tensor "x".*overflows/,
    ],
    [
      'that is a renamed pickle',
      () => damaged('gpt2', weights(Buffer.from('\x80\x02}q\0X\x05\0\0\0', 'latin1'))),
      /pickle/,
    ],
    [
      'that is a Git LFS pointer',
      () => damaged('gpt2', weights(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'))),
      /git lfs pull/,
    ],
    ['that is an empty directory', () => temporaryFolder(), /empty/],
    ['without config.json', () => damaged('gpt2', (f) => rmSync(join(f, 'config.json'))), /has no config\.json/],
    ['that does not exist', () => join(temporaryFolder(), 'none'), /does not exist/],
  ])('a checkpoint %s', async (_, make, pattern) => {
    const out = join(temporaryFolder(), 'out');
    const result = await runCli('check', '--checkpoint', make(), '--out', out);
    expectOneError(result, pattern);
    expect(result.stderr).toMatch(/^shadow-gate: error: [^\n]+ — [^\n]+\n( {4}[^\n]+\n)*$/);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string, string, RegExp]>([
    [
      'of another schema',
      '{"schema": "shadow-gate/measurement@9"}',
      /"shadow-gate\/measurement@9".*shadow-gate\/measurement@1/,
    ],
    ['that is a report', '{"schema": "shadow-gate/report@1"}', /"shadow-gate\/report@1"/],
    ['without a schema', '{}', /has no "schema"/],
    ['that is not JSON', '{', /not JSON/],
    ['with missing parts', '{"schema": "shadow-gate/measurement@1"}', /not a valid shadow-gate\/measurement@1: tool/],
  ])('a baseline %s', async (_, text, pattern) => {
    const baseline = join(temporaryFolder(), 'baseline.json');
    writeFileSync(baseline, text);
    expectOneError(await runCli('check', '--checkpoint', fixture('gpt2'), '--baseline', baseline), pattern);
  });

  it('a policy with an unknown key, naming its line', async () => {
    const policy = join(temporaryFolder(), 'policy.yml');
    writeFileSync(policy, '# ours\nspikes: {}\n');
    const args = ['--checkpoint', fixture('gpt2'), '--policy', policy];
    expectOneError(await runCli('check', ...args), /policy\.yml:2:1: unknown key "spikes"/);
  });

  it('an output path that is not a folder, before anything is measured', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'kept');
    expectOneError(await runCli('check', '--checkpoint', 'nowhere', '--out', file), /not a folder/);
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  it.each<[string[], RegExp]>([
    [['--reference', fixture('gpt-neox')], /is not the reference of/],
    [['--reference', fixture('lora')], /is an adapter/],
    [['--device', 'cuda'], /device cuda: there is no NVIDIA GPU — use a machine with one/],
    [['--cuda-libraries', 'donwload'], /--cuda-libraries .*Allowed: auto, download, off/],
    [['--device', 'tpu'], /tpu/],
    [['--fast'], /--fast/],
    [['--max-memory', '-1'], /GiB/],
    [['--memory-limit', '1'], /unknown option '--memory-limit'/],
    [['--seed', 'x'], /Allowed: a whole number/],
    [['--seed', '-1'], /Allowed: a whole number/],
    [['--budget', 'soon'], /Allowed: a time/],
    [['--only', 'both'], /Allowed choices are spectra, probes/],
    [['--endpoint', 'http://localhost:1/v1'], /needs --model/],
    [['--model', 'm'], /need --endpoint/],
    [['--concurrency', '4'], /need --endpoint/],
    [['--concurrency', '0'], /Not a whole number above 0/],
    [['--timeout', '5m'], /Allowed: a time such as 60s, at most 290s/],
    [['--shard', '1/4'], /'merge' them, then 'compare'/],
  ])('the options %j', async (options, pattern) => {
    expectOneError(await runCli('check', '--checkpoint', fixture('gpt2'), ...options), pattern);
  });
});
