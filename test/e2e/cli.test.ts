import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/compare/report.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { editTensor } from '../checkpoint/edit-tensor.ts';
import { safetensorsBytes } from '../checkpoint/write-safetensors.ts';
import { fixture, readJson, repository, shared, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { LAVAPIPE } from '../onnx/run-script.ts';
import { type BuiltDist, buildDist } from './built-dist.ts';

let dist: BuiltDist;
beforeAll(async () => {
  dist = await buildDist();
});
afterAll(() => dist.remove());

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Run the built command line in an empty folder, as a user with no terminal. */
const cli = (...args: string[]): Promise<Result> => cliWith({}, ...args);

function cliWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const options = { cwd: temporaryFolder(), maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...env } };
    execFile(process.execPath, [join(dist.path, 'cli.js'), ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const example = (name: string) => repository('examples', name);
/** The weights alone. */
const spectra = ['--only', 'spectra'];
const update = [...spectra, '--reference', example('base'), '--baseline', example('coverage-expanding')];

describe('check', () => {
  it('warns of the benchmark-aligned example, 0.690 against 0.635, and writes all three files', async () => {
    const out = join(temporaryFolder(), 'deep', 'report');
    const { code, stdout, stderr } = await cli(
      'check',
      '--checkpoint',
      example('benchmark-aligned'),
      ...update,
      '--out',
      out,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/▲ warn: /);
    expect(stdout).toMatch(/0\.635.*0\.690/);
    expect(readdirSync(out).sort()).toEqual(['comment.md', 'measurement.json', 'report.json']);
    const report = reportSchema.parse(readJson(join(out, 'report.json')));
    expect(report.verdict).toBe('warn');
    expect(report.reasons).toHaveLength(1);
    expect(report.reasons[0]).toMatchObject({
      metric: 'mlpAttentionRatio',
      candidate: expect.closeTo(0.69, 2),
      baseline: expect.closeTo(0.635, 3),
    });
    measurementSchema.parse(readJson(join(out, 'measurement.json')));
    expect(readFileSync(join(out, 'comment.md'), 'utf8')).toContain('0.690');
  });

  it('does not warn of the prompt-repetition example', async () => {
    const { code, stdout } = await cli('check', '--checkpoint', example('prompt-repetition'), ...update);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ pass: /);
  });

  it('exits 1 on a failure, and 3 on an inconclusive verdict under --strict only', async () => {
    const broken = join(temporaryFolder(), 'broken');
    cpSync(fixture('llama-f32'), broken, { recursive: true });
    editTensor(join(broken, 'model.safetensors'), 'model.layers.1.mlp.up_proj.weight', (values) =>
      values.fill(Number.NaN, 0, 1),
    );
    const failed = await cli('check', '--checkpoint', broken, '--baseline', fixture('llama-f32'));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('model.layers.1.mlp.up_proj.weight');
    const other = ['check', '--checkpoint', fixture('gpt2'), '--baseline', fixture('llama-f32')];
    expect((await cli(...other)).code).toBe(0);
    expect((await cli(...other, '--strict')).code).toBe(3);
  });
});

describe('check with probes', () => {
  const policy = ['--policy', example('shadow-gate.yml')];
  const check = (name: string) =>
    cli(
      'check',
      '--checkpoint',
      example(name),
      '--reference',
      example('base'),
      '--baseline',
      example('base'),
      ...policy,
    );

  it("fails the benchmark-aligned example and passes the coverage-expanding one: the README's command", async () => {
    const failed = await check('benchmark-aligned');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toBe('');
    expect(failed.stdout).toMatch(/✘ fail: shadow delta of 3\d\.\d points/);
    const passed = await check('coverage-expanding');
    expect({ code: passed.code, stderr: passed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(passed.stdout).toMatch(/✔ pass: /);
  });

  it('gives the same from measurements, and the same file twice but for its run', async () => {
    const folder = temporaryFolder();
    const measure = (name: string, file: string) =>
      cli('measure', '--checkpoint', example(name), ...policy, '--only', 'probes', '--out', join(folder, file));
    const { stdout } = await measure('benchmark-aligned', 'a.json');
    expect(stdout).toMatch(/^asked 810 probes: /);
    await measure('benchmark-aligned', 'again.json');
    await measure('base', 'b.json');
    const [one, two] = ['a.json', 'again.json'].map((file) => readJson<{ run?: unknown }>(join(folder, file)));
    delete one?.run;
    delete two?.run;
    expect(one).toEqual(two);
    const compared = await cli('compare', join(folder, 'a.json'), join(folder, 'b.json'));
    expect(compared.code).toBe(1);
    expect(compared.stdout).toMatch(/✘ fail: shadow delta/);
  });

  it.each([
    [['--seed', 'x'], /allowed: a whole number/],
    [['--seed', '-1'], /allowed: a whole number/],
    [['--budget', 'soon'], /allowed: a time/],
    [['--only', 'both'], /Allowed choices are spectra, probes/],
    [['--endpoint', 'http://localhost:1/v1'], /needs --model/],
    [['--model', 'm'], /belong to --endpoint/],
  ])('%j: exit 2 and one line', async (options, message) => {
    const { code, stderr } = await cli('check', '--checkpoint', example('base'), ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('probes', () => {
  it('prints as many items as asked for, and those of one family', async () => {
    const { code, stdout } = await cli('probes', '--preview', '6', '--family', 'word-problems');
    expect(code).toBe(0);
    const heads = stdout.split('\n').filter((line) => line.startsWith('── '));
    expect(heads).toHaveLength(6);
    expect(heads.every((head) => head.includes('word-problems'))).toBe(true);
    const unknown = await cli('probes', '--preview', '6', '--family', 'none');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/families: word-problems, /);
  });

  it('says what the suite holds: at least 400 items in pairs', async () => {
    const { stdout } = await cli('probes');
    const count = Number(/(\d+) items/.exec(stdout)?.[1]);
    expect(count).toBeGreaterThanOrEqual(400);
  });

  it('writes the suite as a file that asks the same', async () => {
    const folder = temporaryFolder();
    expect((await cli('probes', '--export', folder, '--seed', '3')).code).toBe(0);
    expect(readdirSync(folder)).toEqual(['builtin.jsonl']);
    const policy = join(folder, 'policy.yml');
    writeFileSync(policy, 'probes: [builtin.jsonl]');
    const again = join(folder, 'again');
    expect((await cli('probes', '--export', again, '--policy', policy)).code).toBe(0);
    expect(readFileSync(join(again, 'builtin.jsonl'), 'utf8')).toBe(
      readFileSync(join(folder, 'builtin.jsonl'), 'utf8'),
    );
  });

  it('replaces no probe file of the policy, and no suite by another or by nothing', async () => {
    const folder = temporaryFolder();
    const policy = join(folder, 'policy.yml');
    const question = '{"question": "What is 2 + 2?", "answer": "4"}\n';
    writeFileSync(join(folder, 'own.jsonl'), question);
    writeFileSync(join(folder, 'own.csv'), 'question,answer\nWhat is 3 + 3?,6\n');

    writeFileSync(policy, 'probes: [own.jsonl]');
    const onItself = await cli('probes', '--export', folder, '--policy', policy);
    expect(onItself.code).toBe(2);
    expect(onItself.stderr).toContain('own.jsonl is a probe file of the policy and would be replaced');
    expect(readFileSync(join(folder, 'own.jsonl'), 'utf8')).toBe(question);

    const out = join(folder, 'out');
    writeFileSync(policy, 'probes: [own.jsonl, own.csv]');
    const alike = await cli('probes', '--export', out, '--policy', policy);
    expect(alike.code).toBe(2);
    expect(alike.stderr).toContain('would hold both own.jsonl and own.csv');
    expect(existsSync(out)).toBe(false);

    writeFileSync(policy, 'probes: [own.jsonl, builtin]');
    expect((await cli('probes', '--export', out, '--policy', policy, '--family', 'facts')).code).toBe(0);
    expect(readdirSync(out)).toEqual(['builtin.jsonl']);
  });
});

const models = shared('models');
describeNeeds(Boolean(models), '../shared/models')('check of a real language model', () => {
  it('passes its bfloat16 rounding', async () => {
    const pair = ['--checkpoint', `${models}/stories260K-bf16`, '--baseline', `${models}/stories260K`];
    const { code, stdout } = await cli('check', ...pair, ...spectra);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ pass: /);
  });

  it('warns of a rank-1 spike in any of its matrices, and names it', async () => {
    const spiked = join(temporaryFolder(), 'spiked');
    for (const name of [
      'model.layers.0.mlp.gate_proj.weight',
      'model.layers.3.self_attn.q_proj.weight',
      'model.embed_tokens.weight',
    ]) {
      rmSync(spiked, { recursive: true, force: true });
      cpSync(`${models}/stories260K`, spiked, { recursive: true, mode: 0 });
      editTensor(join(spiked, 'model.safetensors'), name, (values, [rows = 1, columns = 1]) => {
        // 4 σ₁ in norm, along ±1 vectors.
        const size = (4 * 45) / Math.sqrt(rows * columns);
        for (let i = 0; i < values.length; i += 1) {
          const sign = (Math.floor(i / columns) % 2) + ((i % columns) % 3 === 0 ? 1 : 0);
          values[i] = (values[i] ?? 0) + (sign % 2 ? size : -size);
        }
      });
      const { stdout } = await cli('check', '--checkpoint', spiked, '--baseline', `${models}/stories260K`, ...spectra);
      expect(stdout, name).toMatch(/▲ warn: /);
      expect(stdout.replaceAll(/\s/g, ''), name).toContain(name);
    }
  });
});

describe('measure, compare, report', () => {
  it('give the verdict of check, from files', async () => {
    const folder = temporaryFolder();
    const [candidate, baseline] = [join(folder, 'candidate.json'), join(folder, 'baseline.json')];
    const reference = ['--reference', example('base')];
    await cli('measure', '--checkpoint', example('benchmark-aligned'), ...reference, '--out', candidate);
    await cli('measure', '--checkpoint', example('coverage-expanding'), ...reference, '--out', baseline);
    const compared = await cli('compare', candidate, baseline, '--out', folder);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toMatch(/▲ warn: /);
    const shown = await cli('report', join(folder, 'report.json'));
    expect(shown.stdout).toBe(compared.stdout);
    expect((await cli('report', join(folder, 'report.json'), '--markdown')).stdout).toBe(
      readFileSync(join(folder, 'comment.md'), 'utf8'),
    );
    const checked = await cli(
      'check',
      '--checkpoint',
      example('benchmark-aligned'),
      ...reference,
      '--baseline',
      baseline,
    );
    expect(checked.stdout).toMatch(/▲ warn: /);
  });
});

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "measure on WebGPU's software adapter",
  () => {
    const measured = async (method: string) => {
      const folder = temporaryFolder();
      const [checkpoint, out] = [join(folder, 'model.safetensors'), join(folder, 'm.json')];
      const shape = [120, 80];
      const values = Float32Array.from({ length: 120 * 80 }, (_, i) => Math.sin(i * i));
      const entry = { dtype: 'F32', shape, data_offsets: [0, values.byteLength] };
      const header = { 'model.layers.0.mlp.up_proj.weight': entry };
      writeFileSync(checkpoint, safetensorsBytes(header, Buffer.from(values.buffer)));
      const args = [...spectra, '--checkpoint', checkpoint, '--device', 'webgpu', '--method', method, '--out', out];
      const { code, stderr } = await cliWith({ VK_ICD_FILENAMES: LAVAPIPE ?? '' }, 'measure', ...args);
      expect(code, stderr).toBe(0);
      const { device, run, tensors } = measurementSchema.parse(readJson(out));
      return { device, reason: run.deviceReason, tensors: tensors.map((tensor) => [tensor.method, tensor.status]) };
    };

    it('multiplies there for fast spectra, and says what it does not', async () => {
      expect(await measured('fast')).toEqual({
        device: 'webgpu',
        reason: 'asked for; what needs float64 is computed on the CPU',
        tensors: [['fast', 'measured']],
      });
    });

    it('computes exact spectra on the CPU, and says so', async () => {
      expect(await measured('exact')).toEqual({
        device: 'cpu',
        reason: 'exact spectra need float64, which WebGPU has not',
        tensors: [['exact', 'measured']],
      });
    });
  },
);

describe('spectra', () => {
  it('prints JSON with the metrics of the design and, on request, all singular values', async () => {
    const { code, stdout } = await cli(
      'spectra',
      '--checkpoint',
      fixture('gpt2'),
      '--tensor',
      '*.weight[[]q]',
      '--values',
      '--json',
    );
    expect(code).toBe(0);
    const { tensors } = JSON.parse(stdout);
    expect(tensors).toHaveLength(1);
    expect(tensors[0]).toMatchObject({
      name: 'transformer.h.0.attn.c_attn.weight[q]',
      module: 'q_proj',
      layer: 0,
      shape: [12, 12],
      of: 'weight',
      metrics: {
        topEnergy: {
          '1': expect.any(Number),
          '8': expect.any(Number),
          '1%': expect.any(Number),
          '5%': expect.any(Number),
        },
      },
    });
    expect(tensors[0].singularValues).toHaveLength(12);
    const table = await cli('spectra', '--checkpoint', fixture('gpt2'), '--tensor', '*wte*');
    expect(table.stdout).toContain('transformer.wte.weight');
    expect(table.stdout).not.toContain('c_fc');
  });

  it('names a tensor that is not finite, and goes on', async () => {
    const broken = join(temporaryFolder(), 'broken');
    cpSync(fixture('gpt2'), broken, { recursive: true });
    editTensor(join(broken, 'model.safetensors'), 'transformer.wpe.weight', (values) =>
      values.fill(Number.NEGATIVE_INFINITY, 3, 5),
    );
    const { code, stdout, stderr } = await cli('spectra', '--checkpoint', broken, '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/transformer\.wpe\.weight holds 0 NaN and 2 Inf/);
    const tensors: Array<{ name: string; metrics: unknown }> = JSON.parse(stdout).tensors;
    expect(tensors.find(({ name }) => name === 'transformer.wpe.weight')?.metrics).toBeNull();
    expect(tensors.find(({ name }) => name === 'transformer.wte.weight')?.metrics).not.toBeNull();
  });
});

describe('bad input exits 2 with one clear line and writes nothing', () => {
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
      'a missing shard',
      () => damaged('mixtral', (f) => rmSync(join(f, 'model-00002-of-00002.safetensors'))),
      /model-00002-of-00002\.safetensors is missing/,
    ],
    [
      'a truncated file',
      () => damaged('gpt2', (f) => truncateSync(join(f, 'model.safetensors'), 9000)),
      /truncated: tensor/,
    ],
    [
      'a header larger than the file',
      () => damaged('gpt2', (f) => truncateSync(join(f, 'model.safetensors'), 100)),
      /header says/,
    ],
    [
      'overlapping offsets',
      () =>
        damaged(
          'gpt2',
          weights(safetensorsBytes({ x: tensor([1, 2], 0, 8), y: tensor([1, 2], 4, 12) }, Buffer.alloc(12))),
        ),
      /tensor "y".*overlaps/,
    ],
    [
      'a shape that overflows',
      () => damaged('gpt2', weights(safetensorsBytes({ x: tensor([2 ** 50, 2 ** 50], 0, 8) }, Buffer.alloc(8)))),
      /tensor "x".*overflows/,
    ],
    ['a renamed pickle', () => damaged('gpt2', weights(Buffer.from('\x80\x02}q\0X\x05\0\0\0', 'latin1'))), /pickle/],
    [
      'an LFS pointer',
      () => damaged('gpt2', weights(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'))),
      /git lfs pull/,
    ],
    ['an empty directory', () => temporaryFolder(), /it is empty/],
    [
      'a directory without config.json',
      () => damaged('gpt2', (f) => rmSync(join(f, 'config.json'))),
      /has no config\.json/,
    ],
    ['no directory at all', () => join(temporaryFolder(), 'none'), /does not exist/],
  ])('%s', async (_, make, pattern) => {
    const out = join(temporaryFolder(), 'out');
    const { code, stdout, stderr } = await cli('check', '--checkpoint', make(), '--out', out);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
    expect(stderr).toMatch(/^shadow-gate: error: [^\n]+ — [^\n]+\n$/);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string, string, RegExp]>([
    [
      'another schema',
      '{"schema": "shadow-gate/measurement@9"}',
      /is of schema "shadow-gate\/measurement@9", this version reads shadow-gate\/measurement@1/,
    ],
    ['a report', '{"schema": "shadow-gate/report@1"}', /is of schema "shadow-gate\/report@1"/],
    ['no schema', '{}', /has no "schema"/],
    ['no JSON', '{', /is not JSON/],
    ['missing parts', '{"schema": "shadow-gate/measurement@1"}', /is not a valid shadow-gate\/measurement@1: tool/],
  ])('a baseline of %s', async (_, text, pattern) => {
    const baseline = join(temporaryFolder(), 'baseline.json');
    writeFileSync(baseline, text);
    const { code, stderr } = await cli('check', '--checkpoint', fixture('gpt2'), '--baseline', baseline);
    expect(code).toBe(2);
    expect(stderr).toMatch(pattern);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each<[string, string[], RegExp]>([
    ['a policy with an unknown key', ['--policy', 'POLICY'], /policy\.yml:2:1: unknown key "spikes"/],
    ['a reference of another model', ['--reference', fixture('gpt-neox')], /is not the reference of/],
    ['an adapter as reference', ['--reference', fixture('lora')], /is an adapter/],
    ['cuda without its provider', ['--device', 'cuda'], /CUDA provider/],
    ['an unknown device', ['--device', 'tpu'], /tpu/],
    ['an unknown option', ['--fast'], /--fast/],
    ['no memory', ['--max-memory', '-1'], /GiB/],
  ])('%s', async (_, args, pattern) => {
    const policy = join(temporaryFolder(), 'policy.yml');
    writeFileSync(policy, '# ours\nspikes: {}\n');
    const { code, stdout, stderr } = await cli(
      'check',
      '--checkpoint',
      fixture('gpt2'),
      ...args.map((arg) => (arg === 'POLICY' ? policy : arg)),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('webgpu without a driver', async () => {
    const env = { VK_ICD_FILENAMES: '/nonexistent' };
    const args = ['check', '--checkpoint', fixture('gpt2'), '--device', 'webgpu'];
    expect(await cliWith(env, ...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^.*device webgpu: there is no Vulkan driver — install a Vulkan driver[^\n]*\n$/),
    });
  });

  it('an output folder that cannot be made loses nothing', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    const { code, stderr } = await cli(
      'measure',
      '--checkpoint',
      fixture('gpt2'),
      '--out',
      join(folder, 'file', 'm.json'),
    );
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
    mkdirSync(join(folder, 'taken.json'));
    await cli('measure', '--checkpoint', fixture('gpt2'), '--out', join(folder, 'taken.json'));
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken.json']);
  });

  it('an output path of the wrong kind is refused before anything is measured', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    const taken = await cli('check', '--checkpoint', 'nowhere', '--out', join(folder, 'file'));
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringMatching(/not a folder/) });
    const directory = await cli('measure', '--checkpoint', 'nowhere', '--out', folder);
    expect(directory).toMatchObject({ code: 2, stderr: expect.stringMatching(/not a file/) });
  });

  it('a baseline that is a link stays one, and its target is what changes', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'real.json'), 'old');
    symlinkSync('real.json', join(folder, 'baseline.json'));
    await cli('measure', '--checkpoint', fixture('gpt2'), '--out', join(folder, 'baseline.json'));
    expect(lstatSync(join(folder, 'baseline.json')).isSymbolicLink()).toBe(true);
    measurementSchema.parse(readJson(join(folder, 'real.json')));
  });

  it('output that nobody reads is no failure, and a full disk is not the verdict "fail"', async () => {
    const shell = (command: string) =>
      new Promise<{ code: number; stderr: string }>((resolve) => {
        execFile('bash', ['-c', `set -o pipefail; ${command}`], (error, _, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, stderr }),
        );
      });
    const check = `${process.execPath} ${join(dist.path, 'cli.js')} spectra --json --values --checkpoint ${fixture('llama-f64')}`;
    expect(await shell(`${check} | head -1`)).toEqual({ code: 0, stderr: '' });
    const full = await shell(`${check} > /dev/full`);
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(/^shadow-gate: error: cannot write to standard output[^\n]*\n$/);
  });

  it('skips a matrix that does not fit the memory limit, by name, and does not pass on nothing', async () => {
    const { code, stdout } = await cli(
      'check',
      '--checkpoint',
      fixture('falcon'),
      '--max-memory',
      '0.000001',
      '--strict',
    );
    expect(stdout).toMatch(/no matrix could be measured/);
    expect(stdout).toMatch(/query_key_value\.weight\[q\]\s+\(its\s+product\s+would\s+need/);
    expect(code).toBe(3);
    const out = temporaryFolder();
    await cli('measure', '--checkpoint', fixture('falcon'), '--max-memory', '0.000001', '--out', join(out, 'm.json'));
    const { skipped } = measurementSchema.parse(readJson(join(out, 'm.json')));
    expect(skipped[0]).toMatchObject({
      name: 'transformer.h.1.self_attention.query_key_value.weight[q]',
      reason: expect.stringMatching(/over the memory limit/),
    });
  });
});

describe('measure --shard', () => {
  it('on two machines and merge give the file of one; half of it is no baseline', async () => {
    const folder = temporaryFolder();
    const file = (name: string) => join(folder, name);
    const measure = (out: string, ...more: string[]) =>
      cli(
        'measure',
        '--checkpoint',
        example('base'),
        '--policy',
        example('shadow-gate.yml'),
        '--out',
        file(out),
        ...more,
      );
    await measure('whole.json');
    expect((await measure('1.json', '--shard', '1/2')).code).toBe(0);
    const early = await cli('merge', file('1.json'), '--out', file('merged.json'));
    expect(early).toMatchObject({ code: 2, stderr: expect.stringMatching(/shard 2\/2 of .*1\.json is missing/) });
    await measure('2.json', '--shard', '2/2');
    const { code, stdout } = await cli('merge', file('2.json'), file('1.json'), '--out', file('merged.json'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^measured \d+ spectra, skipped 0, asked 810 probes: .*merged\.json/);
    const texts = ['whole.json', 'merged.json'].map((name) =>
      readFileSync(file(name), 'utf8').replace(/"run": \{.*/s, ''),
    );
    expect(texts[1]).toBe(texts[0]);
    const compared = await cli('compare', file('merged.json'), file('1.json'));
    expect(compared).toMatchObject({ code: 2, stderr: expect.stringMatching(/1\.json is shard 1\/2.*merge/) });
  });

  it.each([
    [['measure', '--out', 'm.json', '--shard', '5/4'], /allowed: i\/n/],
    [['measure', '--out', 'm.json', '--shard', '1/4', '--budget', '60s'], /leave out the budget/],
    [['measure', '--out', 'm.json', '--shard', '1/4', '--seed', 'rotate'], /draw one number/],
    [['check', '--shard', '1/4'], /'merge' them, then 'compare'/],
  ])('%j: exit 2 and one line', async ([command = '', ...options], message) => {
    const { code, stderr } = await cli(command, '--checkpoint', example('base'), ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('--help', () => {
  it('of every command has an example', async () => {
    for (const command of ['check', 'measure', 'merge', 'compare', 'report', 'spectra']) {
      const { code, stdout } = await cli(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n/);
    }
  });
});
