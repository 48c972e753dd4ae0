import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as open from '../../packages/checkpoints/src/open.ts';
import { float32, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { type CliResult, runCli, runCliWith } from './run-cli.ts';

afterEach(() => vi.restoreAllMocks());

/** What a terminal or GitHub's runner would carry out, or a reader misread. */
const HOSTILE = 'x\u001b[31mred\u0007\r\n::error::forged\n##[error]forged\u009b31m\u007f\u2028\u202ertl\u200b';
/** Without what no name of a file has. */
const FILE = HOSTILE.replaceAll('/', '');

/** Nothing but visible characters and line ends, and no line that is a command. */
function expectHarmless({ stdout, stderr }: CliResult): void {
  for (const text of [stdout, stderr]) {
    expect(text.replace(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
    expect(text).not.toContain('##[');
    for (const line of text.split('\n')) expect(line.trimStart()).not.toMatch(/^::/);
  }
}

/** A checkpoint whose tensors, and a value of its config, have hostile names. */
function hostileCheckpoint(parent = temporaryFolder()): string {
  const folder = join(parent, FILE);
  mkdirSync(folder);
  const values = Array.from({ length: 64 }, (_, i) => Math.sin(i + 1));
  writeSafetensors(join(folder, 'model.safetensors'), {
    [`${HOSTILE}.q_proj.weight`]: float32([8, 8], values),
    [`model.layers.0.mlp.${HOSTILE}.weight`]: float32([8, 8], [Number.NaN, ...values.slice(1)]),
  });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: HOSTILE, architectures: [HOSTILE] }));
  return folder;
}

const NO_CACHE = { SHADOW_GATE_CACHE: 'off' };

describe('hostile strings reach neither a terminal nor the runner', () => {
  it('as names of tensors and folders, in the table and in JSON', async () => {
    const checkpoint = hostileCheckpoint();
    const table = await runCliWith(NO_CACHE, 'spectra', '--checkpoint', checkpoint);
    expect(table.code, table.stderr).toBe(0);
    expect(table.stderr).toContain('NaN');
    expectHarmless(table);
    const json = await runCliWith(NO_CACHE, 'spectra', '--checkpoint', checkpoint, '--json');
    expectHarmless(json);
    const { tensors } = JSON.parse(json.stdout) as { tensors: Array<{ name: string }> };
    expect(tensors.map(({ name }) => name)).toContain(`${HOSTILE}.q_proj.weight`);
  });

  it('as what a measurement and its report say', async () => {
    const [checkpoint, out] = [hostileCheckpoint(), join(temporaryFolder(), FILE)];
    const measured = await runCliWith(NO_CACHE, 'measure', '--checkpoint', checkpoint, '--out', `${out}.json`);
    expectHarmless(measured);
    const checked = await runCliWith(
      NO_CACHE,
      ...['check', '--checkpoint', checkpoint, '--baseline', `${out}.json`, '--out', out],
    );
    expect(checked.code, checked.stderr).toBeGreaterThan(0);
    expectHarmless(checked);
    expectHarmless(await runCli('report', join(out, 'report.json')));
    expectHarmless(await runCli('report', join(out, 'report.json'), '--markdown'));
    const compared = await runCli('compare', '--candidate', `${out}.json`, '--baseline', join(out, 'report.json'));
    expect(compared.code).toBe(2);
    expectHarmless(compared);
  });

  it.each([
    ['an unknown option', [`--${HOSTILE}`]],
    ['an unknown command', [HOSTILE]],
    ['an argument too many', ['report', 'a', HOSTILE]],
    ['a choice', ['spectra', '--checkpoint', 'x', '--device', HOSTILE]],
    ['a number', ['spectra', '--checkpoint', 'x', '--max-memory', HOSTILE]],
    ['a path', ['spectra', '--checkpoint', HOSTILE]],
    ['a path of a hub', ['spectra', '--checkpoint', `hf://${HOSTILE}`]],
    ['a pattern', ['spectra', '--checkpoint', fixture('llama-f32'), '--tensor', HOSTILE]],
    ['a family', ['probes', '--family', HOSTILE]],
    ['a policy', ['probes', '--policy', HOSTILE]],
    ['an endpoint', ['check', '--checkpoint', 'x', '--endpoint', HOSTILE, '--model', HOSTILE]],
    ['a report', ['report', HOSTILE, '--debug']],
  ])('as %s of a command line', async (_, args) => {
    const result = await runCli(...args);
    expect(result.code).toBe(2);
    expect(result.stderr.split('\n').filter((line) => line.startsWith('shadow-gate:'))).toHaveLength(1);
    expectHarmless(result);
  });

  it('as the message of a bug, with --debug', async () => {
    vi.spyOn(open, 'openCheckpoint').mockRejectedValue(new TypeError(HOSTILE));
    const args = ['spectra', '--checkpoint', repository('examples', 'base')];
    for (const result of [await runCli(...args), await runCli('--debug', ...args)]) {
      expect(result.stderr).toContain('internal error');
      expectHarmless(result);
    }
  });

  it('as keys of a policy', async () => {
    const policy = join(temporaryFolder(), 'policy.yml');
    for (const text of [
      JSON.stringify({ [HOSTILE]: 1 }),
      JSON.stringify({ version: 1, probes: [{ file: HOSTILE }] }),
      `${HOSTILE}: [`,
    ]) {
      writeFileSync(policy, text);
      const result = await runCli('probes', '--policy', policy);
      expect(result.code).toBe(2);
      expectHarmless(result);
    }
  });

  it('as ids, prompts and answers of probes', async () => {
    const folder = temporaryFolder();
    const policy = join(folder, 'policy.yml');
    const record = { id: HOSTILE, question: HOSTILE, choices: [HOSTILE, `${HOSTILE}2`], answer: 0 };
    writeFileSync(join(folder, 'own.jsonl'), `${JSON.stringify(record)}\n`);
    writeFileSync(policy, 'probes: [{ file: own.jsonl }]\n');
    const preview = await runCli('probes', '--policy', policy, '--preview', '5');
    expect(preview.stdout, preview.stderr).toContain('forged');
    expectHarmless(preview);
    writeFileSync(join(folder, 'own.jsonl'), `${JSON.stringify({ ...record, [HOSTILE]: 1, answer: HOSTILE })}\n`);
    expectHarmless(await runCli('probes', '--policy', policy, '--preview', '5'));
  });

  it('as modules and keys of an adapter', async () => {
    const folder = temporaryFolder();
    const config = {
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 4,
      target_modules: [HOSTILE],
      base_model_name_or_path: HOSTILE,
    };
    const file = join(folder, 'adapter_model.safetensors');
    const factor = (shape: [number, number]) =>
      float32(
        shape,
        Array.from({ length: 16 }, (_, i) => Math.cos(i)),
      );
    const write = (more: object) =>
      writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ ...config, ...more }));
    for (const [more, b] of [
      [{}, 'B'],
      [{}, 'X'],
      [{ peft_type: HOSTILE }, 'B'],
      [{ rank_pattern: { [HOSTILE]: 3 } }, 'B'],
      [{ init_lora_weights: `pissa${HOSTILE}` }, 'B'],
    ] as const) {
      write(more);
      writeSafetensors(file, {
        [`base_model.model.${HOSTILE}.lora_A.weight`]: factor([2, 8]),
        [`base_model.model.${HOSTILE}.lora_${b}.weight`]: factor([8, 2]),
      });
      expectHarmless(await runCliWith(NO_CACHE, 'spectra', '--checkpoint', folder));
    }
  });
});
