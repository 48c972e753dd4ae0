import { describe, expect, it } from 'vitest';
import { describeDecoder } from '../../../src/language-model/architectures/describe-decoder.ts';
import { UserError } from '../../../src/platform/user-error.ts';
import { readJson } from '../../fixtures.ts';
import { languageModel } from '../runtime/engines.ts';
import { checkpointOf } from './checkpoint-of.ts';

const configOf = (name: string) => readJson<Record<string, unknown>>(`${languageModel(name)}/config.json`);

/** What a fixture's config.json with other values is refused for. */
const REFUSED: ReadonlyArray<[folder: string, changes: Record<string, unknown>, message: RegExp]> = [
  ['qwen2-moe-v5', { layer_types: ['sliding_attention', 'full_attention'] }, /layer_types has layers with a window/],
  ['qwen2-moe', { num_experts_per_tok: 6 }, /num_experts_per_tok is 6, and can be at most 5/],
  ['gpt-oss', { quantization_config: { quant_method: 'mxfp4' } }, /mxfp4/i],
  ['gpt-oss', { layer_types: ['full_attention'] }, /layer_types has 1 entries for 3 layers/],
  ['gpt-oss', { swiglu_limit: 0 }, /swiglu_limit is 0/],
];

describe('a mixture of experts', () => {
  it.each(REFUSED)('%s with %j is refused by name', (folder, changes, message) => {
    const config = configOf(folder);
    expect(() => describeDecoder(checkpointOf(config))).not.toThrow();
    const run = () => describeDecoder(checkpointOf({ ...config, ...changes }));
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });
});
