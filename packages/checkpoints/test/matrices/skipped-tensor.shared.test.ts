import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { float32, writeSafetensors } from '../write-safetensors.ts';

const BYTES: Readonly<Record<string, number>> = { BOOL: 1, U8: 1, F8_E4M3: 1, I64: 8, F32: 4 };
const zeros = (dtype: string, ...shape: number[]) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return { dtype, shape, data: new Uint8Array(size * (BYTES[dtype] ?? 0)) };
};

it('integers under the name of a weight are unexpected, and buffers of integers are not', async () => {
  const path = join(temporaryFolder(), 'model.safetensors');
  writeSafetensors(path, {
    'lm_head.weight': float32([2, 2], [1, 2, 3, 4]),
    'embeddings.position_ids': zeros('I64', 1, 8),
    'layers.0.attn.bias': zeros('U8', 1, 1, 4, 4),
    'layers.0.causal_mask': zeros('BOOL', 4, 4),
    'bn.num_batches_tracked': zeros('I64'),
    'layers.0.input_scale': zeros('F8_E4M3', 3),
    'layers.0.self_attn.q_proj.weight': zeros('I64', 4, 4),
    'layers.0.conv.weight': zeros('U8', 9),
    'experts.down_proj': zeros('I64', 2, 4, 4),
    'empty.weight': zeros('F32', 0, 4),
  });
  const { skipped } = listMatrices(await openReference(path));
  const found = skipped.map(({ name, parameters, cause = null }) => [name, parameters, cause]);
  expect(Object.fromEntries(found.map(([name, ...rest]) => [name, rest]))).toEqual({
    'embeddings.position_ids': [0, null],
    'layers.0.attn.bias': [0, null],
    'layers.0.causal_mask': [0, null],
    'bn.num_batches_tracked': [0, null],
    'layers.0.input_scale': [3, null],
    'layers.0.self_attn.q_proj.weight': [16, 'unexpected-dtype'],
    'layers.0.conv.weight': [9, 'unexpected-dtype'],
    'experts.down_proj': [32, 'unexpected-dtype'],
    'empty.weight': [0, null],
  });
});
