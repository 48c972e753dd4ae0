import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';
import { readModelTokenIds } from '../src/tokens/model-token-ids.ts';
import { openTokenPlace } from '../src/tokens/token-place.ts';

function checkpoint(header: string, config: object = {}): string {
  const folder = temporaryFolder();
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, Buffer.from(header)]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

const empty = (shape: readonly number[]) => ({ dtype: 'F32', shape, data_offsets: [0, 0] });
const userError = (message: string) =>
  expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) });

describe('sizes in files', () => {
  it.each([
    ['in a stack of mlx-lm', 'model.layers.0.mlp.switch_mlp.up_proj.weight', [1e9, 4, 0], { model_type: 'qwen3_moe' }],
    ['in a stack', 'model.layers.0.mlp.experts.down_proj', [1e9, 4, 0], { model_type: 'gpt_oss' }],
    [
      'in the rows of DBRX',
      'transformer.blocks.0.ffn.experts.mlp.w1',
      [1e9, 0],
      { model_type: 'dbrx', num_experts: 1e9 },
    ],
  ])('a billion experts %s are not listed one by one', async (_, name, shape, config) => {
    const folder = checkpoint(JSON.stringify({ [name]: empty(shape) }), config);
    let listed = 0;
    try {
      listed = listMatrices(await openReference(folder)).matrices.length;
    } catch (error) {
      expect(error).toEqual(userError('1000000000 experts'));
    }
    expect(listed).toBeLessThan(2);
  });

  it('thousands of experts of a few numbers each are no model', async () => {
    const size = 4096 * 8 * 2;
    const entry = { dtype: 'F16', shape: [4096, 8, 2], data_offsets: [0, 2 * size] };
    const header = JSON.stringify({ 'model.layers.0.mlp.experts.gate_up_proj': entry });
    const folder = checkpoint(header);
    appendFileSync(join(folder, 'model.safetensors'), Buffer.alloc(2 * size));
    const model = await openReference(folder);
    expect(() => listMatrices(model)).toThrow(userError('is one of 8192 matrices with 8.0 parameters on average'));
  });

  it('a header that is wrong in a million places, or nests deeply, is one error', async () => {
    const wrong = `{"a":{"dtype":"F32","shape":[${'"x",'.repeat(1e6)}1],"data_offsets":[0,4]}}`;
    await expect(openReference(checkpoint(wrong))).rejects.toThrow(
      userError('tensor "a": its header entry is not valid'),
    );
    await expect(openReference(checkpoint('['.repeat(200_000)))).rejects.toThrow(
      userError('nests deeper than 128 levels'),
    );
  });

  it('a million ids that are not numbers do not count', async () => {
    const folder = checkpoint('{}', { eos_token_id: Array(1e6).fill('a'), bos_token_id: [3, 4] });
    expect(await readModelTokenIds(await openTokenPlace(folder))).toEqual({
      bosId: 3,
      eosIds: new Set(),
      prefixTokenId: 3,
    });
  });
});
