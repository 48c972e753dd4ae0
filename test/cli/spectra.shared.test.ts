import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editTensor } from '../../packages/checkpoints/test/edit-tensor.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

describe('spectra', () => {
  it('prints as JSON the metrics and, with --values, all singular values', async () => {
    const args = ['--checkpoint', fixture('gpt2'), '--tensor', '*.weight[[]q]', '--values', '--json'];
    const { code, stdout } = await runCli('spectra', ...args);
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
  });

  it('prints a table of the matrices whose name matches', async () => {
    const { stdout } = await runCli('spectra', '--checkpoint', fixture('gpt2'), '--tensor', '*wte*');
    expect(stdout).toContain('transformer.wte.weight');
    expect(stdout).not.toContain('c_fc');
  });

  it('prints what it did not measure, with the reason and the number of parameters', async () => {
    const args = ['--checkpoint', fixture('llama-f32')];
    const { stdout } = await runCli('spectra', ...args);
    expect(stdout).toMatch(
      /\n4 vectors have no spectrum \(norm weights, biases\)\.\n2 tensors were skipped, with 2 parameters:\n/,
    );
    expect(stdout).toMatch(
      /\n {2}dtype F8_E4M3 is not measured: model\.scale\n {2}dtype I64 is not measured: model\.steps\n$/,
    );
    const json = JSON.parse((await runCli('spectra', ...args, '--json')).stdout);
    expect(json.skipped).toEqual([
      { name: 'model.scale', reason: 'dtype F8_E4M3 is not measured', dtype: 'F8_E4M3', parameters: 2 },
      { name: 'model.steps', reason: 'dtype I64 is not measured', dtype: 'I64', parameters: 0 },
    ]);
    expect(json.vectors).toHaveLength(4);
    expect(json.vectors[0]).toEqual({ name: expect.any(String), shape: [16] });
  });

  it('prints of what was not measured only what the pattern matches', async () => {
    const args = ['--checkpoint', fixture('llama-f32')];
    const one = await runCli('spectra', ...args, '--tensor', '*.0.self_attn.q_proj.weight', '--json');
    expect(JSON.parse(one.stdout)).toMatchObject({ tensors: [{}], vectors: [], skipped: [] });
    const none = await runCli('spectra', ...args, '--tensor', 'model.steps');
    expect(none.stderr).toMatch(
      /no matrix matches model\.steps: model\.steps is skipped \(dtype I64 is not measured\)/,
    );
  });

  it('warns about a tensor that is not finite, and measures the others', async () => {
    const broken = join(temporaryFolder(), 'broken');
    cpSync(fixture('gpt2'), broken, { recursive: true });
    editTensor(join(broken, 'model.safetensors'), 'transformer.wpe.weight', (values) =>
      values.fill(Number.NEGATIVE_INFINITY, 3, 5),
    );
    const { code, stdout, stderr } = await runCli('spectra', '--checkpoint', broken, '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/transformer\.wpe\.weight contains 0 NaN and 2 Inf values/);
    const tensors: Array<{ name: string; metrics: unknown }> = JSON.parse(stdout).tensors;
    expect(tensors.find(({ name }) => name === 'transformer.wpe.weight')?.metrics).toBeNull();
    expect(tensors.find(({ name }) => name === 'transformer.wte.weight')?.metrics).toMatchObject({});
  });

  it.each<[string[], RegExp]>([
    [['--values'], /--values needs --json/],
    [['--values', '--json', '--method', 'fast'], /--values is not available with --method fast/],
    [['--tensor', 'none*'], /no matrix matches none\*/],
  ])('refuses in one line %j', async (options, pattern) => {
    const { code, stdout, stderr } = await runCli('spectra', '--checkpoint', fixture('gpt2'), ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
