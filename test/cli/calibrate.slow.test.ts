import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { editTensor } from '../../packages/checkpoints/test/edit-tensor.ts';
import { readCalibration } from '../../src/compare/calibration/file.ts';
import { readReport } from '../../src/report/json.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

const run = (name: string) => fixture('adapter-runs', name);
const LAYERS = [0, 1, 2, 3].flatMap((layer) => ['q_proj', 'v_proj'].map((module) => `${layer}.self_attn.${module}`));

/** The same update, a little larger: its numbers look like another seed. */
function larger(name: string, factor: number): string {
  const folder = join(temporaryFolder(), `larger-${name}`);
  cpSync(run(name), folder, { recursive: true });
  for (const layer of LAYERS) {
    editTensor(
      join(folder, 'adapter_model.safetensors'),
      `base_model.model.model.layers.${layer}.lora_B.weight`,
      (values) => values.set(values.map((value) => value * factor)),
    );
  }
  return folder;
}

const THREE = [run('healthy-60'), run('healthy-70'), run('seed-70')];
const four = () => [...THREE, larger('healthy-70', 1.05)];
const outFile = () => join(temporaryFolder(), 'deep', 'calibration.json');
const calibrate = (out: string, checkpoints: readonly string[], ...options: string[]) =>
  runCli('calibrate', '--device', 'cpu', ...options, '--out', out, '--checkpoints', ...checkpoints);
const check = (...options: string[]) => runCli('check', '--only', 'spectra', '--device', 'cpu', ...options);

const home = process.cwd();
afterEach(() => process.chdir(home));

describe('calibrate', () => {
  it('writes what it measured, and prints the limits that follow and what they rest on', async () => {
    const [out, checkpoints] = [outFile(), four()];
    const { code, stdout, stderr } = await calibrate(out, checkpoints);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^calibrated with 4 known-good runs: .*calibration\.json\n/);
    expect(stdout).toMatch(/q_proj +Frobenius norm +[\d.]+ to [\d.]+ +≤ [\d.]+ /);
    expect(stdout).toMatch(/v_proj +log-odds of the top-1 energy +/);
    expect(stdout).toMatch(/No rate of false alarms is claimed for 4 known-good runs/);
    const { kind, runs, tensors } = await readCalibration(out);
    expect(kind).toBe('runs');
    expect(runs.map(({ name }) => name)).toEqual(checkpoints);
    expect(tensors.map(({ loraRank }) => loraRank)).toEqual(Array(8).fill(2));
  });

  it('that is extended is the one of all checkpoints at once, and --json is its file', async () => {
    const [all, step] = [outFile(), outFile()];
    const checkpoints = four();
    const once = await calibrate(all, checkpoints, '--json');
    expect(JSON.parse(once.stdout)).toEqual(JSON.parse(readFileSync(all, 'utf8')));
    const [first = '', ...others] = checkpoints;
    const few = await calibrate(step, [first], '--add');
    expect(few.stdout).toMatch(/It sets no limits yet: \d are needed/);
    expect((await calibrate(step, others, '--add')).code).toBe(0);
    const timeless = async (path: string) => {
      const { runs, ...rest } = await readCalibration(path);
      return { ...rest, runs: runs.map(({ measured: _, ...run }) => run) };
    };
    expect(await timeless(step)).toEqual(await timeless(all));
    // Without --add, the file is made anew.
    await calibrate(step, others);
    expect((await readCalibration(step)).runs.map(({ name }) => name)).toEqual(others);
  });

  it('keeps checkpoints of one run apart from re-seeded runs', async () => {
    const out = outFile();
    const { stdout } = await calibrate(out, four(), '--series');
    expect(stdout).toMatch(/^calibrated with 4 checkpoints of one run/);
    expect((await readCalibration(out)).kind).toBe('series');
    // What is added to a series belongs to it.
    expect((await calibrate(out, [larger('healthy-70', 1.1)], '--add')).code).toBe(0);
    const { kind, runs } = await readCalibration(out);
    expect({ kind, runs: runs.length }).toEqual({ kind: 'series', runs: 5 });
    await calibrate(out, THREE);
    const mixed = await calibrate(out, [larger('healthy-70', 1.1)], '--series', '--add');
    expect(mixed.code).toBe(2);
    expect(mixed.stderr).toMatch(/has runs, and no series/);
  });

  it('takes a measurement in place of a checkpoint, and it has the same numbers', async () => {
    const file = join(temporaryFolder(), 'measurement.json');
    await runCli('measure', '--only', 'spectra', '--device', 'cpu', '--checkpoint', run('healthy-60'), '--out', file);
    const [own, other] = [outFile(), outFile()];
    expect((await calibrate(own, [file])).code).toBe(0);
    await calibrate(other, [run('healthy-60')]);
    const [[one], [two]] = [(await readCalibration(own)).runs, (await readCalibration(other)).runs];
    expect(one?.name).toBe(file);
    expect({ ...one, name: '', measured: '' }).toEqual({ ...two, name: '', measured: '' });
  });

  it.each<[string, (folder: string) => readonly string[], RegExp]>([
    ['a checkpoint that does not exist', () => [run('healthy-60'), run('nothing')], /nothing does not exist/],
    ['the same checkpoint twice', () => [run('healthy-60'), run('healthy-60')], /same checkpoint, byte for byte/],
    [
      'an adapter of another kind',
      () => [run('healthy-60'), fixture('lora')],
      /lora cannot be calibrated with the others/,
    ],
    ['a full model without a reference', () => [fixture('llama-f32')], /llama-f32 has no update: .*--reference/],
    [
      'a file that is no measurement',
      (folder) => {
        writeFileSync(join(folder, 'x.json'), '{}');
        return [join(folder, 'x.json')];
      },
      /x\.json/,
    ],
  ])('refuses %s on one line, and leaves the file as it was', async (_, given, message) => {
    const folder = temporaryFolder();
    const out = join(folder, 'calibration.json');
    const refused = await calibrate(out, given(folder));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  it('that cannot add a checkpoint leaves the file as it was', async () => {
    const out = outFile();
    await calibrate(out, [run('healthy-60'), run('seed-70')]);
    const before = readFileSync(out, 'utf8');
    const { code, stderr } = await calibrate(out, [run('healthy-70'), run('seed-70')], '--add');
    expect(code).toBe(2);
    expect(stderr).toMatch(/seed-70/);
    expect(readFileSync(out, 'utf8')).toBe(before);
    writeFileSync(out, '{}');
    expect((await calibrate(out, [run('healthy-70')], '--add')).stderr).toMatch(/calibration\.json/);
    expect(readFileSync(out, 'utf8')).toBe('{}');
    const folder = await calibrate(temporaryFolder(), [run('healthy-70')]);
    expect(folder.code).toBe(2);
  });
});

describe('a check', () => {
  const candidate = ['--checkpoint', run('collapsed-70'), '--baseline', run('healthy-60')];

  it('uses the calibration that is named, that of the policy, or the default file; or none', async () => {
    const folder = temporaryFolder();
    process.chdir(folder);
    const own = join('.shadow-gate', 'calibration.json');
    await runCli('calibrate', '--device', 'cpu', '--checkpoints', ...four());
    expect(existsSync(own)).toBe(true);
    const pathOf = async (...options: string[]) => {
      await check(...candidate, ...options, '--out', 'report');
      return (await readReport(join('report', 'report.json'))).calibration?.path ?? null;
    };
    expect(await pathOf()).toBe(own);
    cpSync(own, 'mine.json');
    expect(await pathOf('--calibration', 'mine.json')).toBe('mine.json');
    expect(await pathOf('--no-calibration')).toBeNull();
    writeFileSync('shadow-gate.yml', 'calibration: { file: theirs.json }\n');
    const missing = await check(...candidate);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/theirs\.json does not exist/);
    expect(missing.stderr.trimEnd().split('\n')).toHaveLength(1);
    cpSync(own, 'theirs.json');
    expect(await pathOf()).toBe('theirs.json');
    expect(await pathOf('--calibration', 'mine.json')).toBe('mine.json');
    expect(await pathOf('--no-calibration')).toBeNull();
  });

  it('warns of an update beyond the limits, also one that was measured before; a good one passes', async () => {
    const folder = temporaryFolder();
    const [calibration, measured, approved] = ['c.json', 'm.json', 'b.json'].map((name) => join(folder, name));
    await calibrate(calibration ?? '', four());
    const limits = ['--calibration', calibration ?? ''];
    const beyond = await check(...candidate, ...limits, '--verbose');
    expect(beyond.stdout).toMatch(/above the calibrated limit of|below the calibrated limit of/);
    const good = ['--checkpoint', larger('healthy-70', 0.99), '--baseline', run('healthy-60'), ...limits];
    const { code, stdout } = await check(...good);
    expect({ code, isPass: stdout.includes('✔ pass: ') }).toEqual({ code: 0, isPass: true });
    expect(stdout).toMatch(/range\s+of\s+4\s+known-good\s+runs,/);
    for (const [name, file] of [
      ['collapsed-70', measured],
      ['healthy-60', approved],
    ] as const) {
      await runCli('measure', '--only', 'spectra', '--device', 'cpu', '--checkpoint', run(name), '--out', file ?? '');
    }
    const compared = await runCli('compare', measured ?? '', approved ?? '', ...limits, '--verbose');
    expect(compared.stdout).toMatch(/the calibrated limit of/);
    const none = await runCli('compare', measured ?? '', approved ?? '', '--no-calibration', '--verbose');
    expect(none.stdout).not.toMatch(/the calibrated limit of/);
  });

  it('of another kind of model is inconclusive, and the calibration is not dropped in silence', async () => {
    const folder = temporaryFolder();
    const calibration = join(folder, 'c.json');
    await calibrate(calibration, four());
    const full = ['--checkpoint', fixture('llama-tuned'), '--reference', fixture('llama-bf16')];
    const { code, stdout } = await check(...full, '--baseline', fixture('llama-tuned'), '--calibration', calibration);
    expect(code).toBe(3);
    expect(stdout).toMatch(/The calibration cannot be used: /);
  });
});
