import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editTensor } from '../checkpoint/edit-tensor.ts';
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
