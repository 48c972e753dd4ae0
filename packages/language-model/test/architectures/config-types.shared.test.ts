import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU } from '../../../../test/language-models.ts';
import { OnnxEngine } from '../../src/runtime/onnx-engine.ts';

/** A fixture whose config.json has other text in one place. */
function edited(name: string, from: string | RegExp, to: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture('language-models', name), folder, { recursive: true });
  const file = join(folder, 'config.json');
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(file, text.replace(from, to));
  return folder;
}

async function refusal(name: string, from: string | RegExp, to: string): Promise<string> {
  const checkpoint = await openReference(edited(name, from, to));
  try {
    const engine = await OnnxEngine.open(checkpoint, { device: CPU });
    await engine.close();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** Each of these is an error, or NaN, in transformers 5.24; see make_config_edits.py for all of them. */
describe('a value of config.json that transformers does not take', () => {
  it.each<[string, string, string | RegExp, string, RegExp]>([
    ['NaN', 'llama', '"vocab_size": 64', '"vocab_size": 64, "rms_norm_eps": NaN', /rms_norm_eps is NaN, not a number/],
    ['Infinity', 'llama', '"rope_theta": 5000.0', '"rope_theta": Infinity', /rope_theta is Infinity, not a number/],
    ['1e999', 'llama', '"factor": 8.0', '"factor": 1e999', /factor of the rotary parameters is Infinity/],
    ['a float for an int', 'llama', '"hidden_size": 16', '"hidden_size": 16.0', /hidden_size is 16, of type float/],
    [
      'an int for a float',
      'llama',
      '"vocab_size": 64',
      '"vocab_size": 64, "rms_norm_eps": 1',
      /rms_norm_eps is 1, of type int/,
    ],
    [
      'a text for an id',
      'llama',
      '"vocab_size": 64',
      '"vocab_size": 64, "eos_token_id": "2"',
      /eos_token_id is "2", of type str/,
    ],
    ['null for a boolean', 'llama', '"vocab_size": 64', '"vocab_size": 64, "use_cache": null', /use_cache is null/],
    [
      'an int beyond 2^53',
      'llama',
      '"max_position_embeddings": 64',
      '"max_position_embeddings": 99999999999999999999',
      /of type huge/,
    ],
    [
      'the second of two values',
      'llama',
      '"hidden_size": 16',
      '"hidden_size": 16, "hidden_size": 17',
      /17 is not a multiple|hidden_size/,
    ],
    [
      'an untied head that is not there',
      'gemma3',
      '"text_config"',
      '"tie_word_embeddings": false, "text_config"',
      /has no "?.*lm_head|lm_head/,
    ],
    [
      'the same by null',
      'gemma3',
      '"text_config"',
      '"tie_word_embeddings": null, "text_config"',
      /tie_word_embeddings is null|lm_head/,
    ],
    [
      'another head_dim',
      'deepseek-v3',
      '"qk_rope_head_dim"',
      '"head_dim": 8, "qk_rope_head_dim"',
      /head_dim is 8: its class rotates/,
    ],
  ])('%s', async (_, name, from, to, message) => {
    expect(await refusal(name, from, to)).toMatch(message);
  });
});

describe('a value of config.json that transformers takes', () => {
  it.each<[string, string, string | RegExp, string]>([
    ['an int for a rotary base', 'llama', '"rope_theta": 5000.0', '"rope_theta": 5000'],
    [
      'null for a key that can be null',
      'llama',
      '"vocab_size": 64',
      '"vocab_size": 64, "head_dim": null, "pad_token_id": null',
    ],
    ['an int for a dropout', 'llama', '"vocab_size": 64', '"vocab_size": 64, "attention_dropout": 0'],
    ['factors of Llama 4 Scout, which are equal', 'llama', '"high_freq_factor": 4.0', '"high_freq_factor": 1.0'],
    [
      'null for a key that Gemma 1 does not read',
      'gemma',
      '"vocab_size"',
      '"hidden_act": "gelu", "hidden_activation": null, "vocab_size"',
    ],
    [
      'null for a key of the whole, as transformers 4.53 wrote it into a text_config',
      'gemma3',
      /("text_config": \{)/,
      '$1"image_token_index": null, ',
    ],
    ['keys of a generation', 'llama', '"vocab_size": 64', '"vocab_size": 64, "max_new_tokens": 100, "min_p": 0.1'],
    ['null of a text_config for the whole', 'gemma3', '"text_config"', '"rope_scaling": null, "text_config"'],
  ])('%s', async (_, name, from, to) => {
    expect(await refusal(name, from, to)).toBe('accepted');
  });

  it('null for a boolean that can be null is false', async () => {
    const plain = describeDecoder(await openReference(fixture('language-models', 'falcon')));
    const changed = await openReference(edited('falcon', '"vocab_size"', '"alibi": null, "vocab_size"'));
    expect(describeDecoder(changed)).toEqual(plain);
  });
});
