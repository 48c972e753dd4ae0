import { createHash } from 'node:crypto';
import { type GgufMetadata, type GgufValue, shortestDecimal } from '@shadow-gate/checkpoints/formats';
import type { JsonObject } from '../read-part.ts';

/** A GGUF file's settings for generation, apart from its tokenizer and template. */
export interface GgufDefaults {
  /** Ids of the tokens other than EOS that end a turn or a message to a tool, by key. */
  readonly ends: JsonObject;
  /** Sampling (`general.sampling.*`), under generation_config.json's names if it has them; null without settings. */
  readonly sampling: JsonObject | null;
}

const ENDS = ['eot_token_id', 'eom_token_id'];
const SAMPLING = 'general.sampling.';

/** generation_config.json's names by llama.cpp's, for settings with the same meaning. */
export const SAMPLING_NAMES: Readonly<Record<string, string>> = {
  temp: 'temperature',
  top_k: 'top_k',
  top_p: 'top_p',
  min_p: 'min_p',
  penalty_repeat: 'repetition_penalty',
};

/** Values of any type: they are only compared, never used. */
export function ggufDefaults(metadata: GgufMetadata): GgufDefaults {
  const ends = ENDS.flatMap((key) => {
    const value = plain(metadata.get(`tokenizer.ggml.${key}`));
    // Converters write these numbers for "none".
    return value === null || value === -1 || value === 2 ** 32 - 1 ? [] : [[key, value] as const];
  });
  const sampling = metadata.keys().flatMap((key) => {
    if (!key.startsWith(SAMPLING)) return [];
    const name = key.slice(SAMPLING.length);
    return [[Object.hasOwn(SAMPLING_NAMES, name) ? SAMPLING_NAMES[name] : key, plain(metadata.get(key))] as const];
  });
  return {
    ends: Object.fromEntries(ends),
    sampling: sampling.length === 0 ? null : Object.fromEntries(sampling),
  };
}

/** Numbers as written before rounding to float32; lists as a digest of their bytes. */
function plain(value: GgufValue | null): unknown {
  if (value === null) return null;
  switch (value.type) {
    case 'string':
      return value.bytes.toString('utf8');
    case 'array': {
      const bytes = 'texts' in value ? value.texts.bytes : value.bytes;
      return [value.of, value.length, createHash('sha256').update(bytes).digest('hex')];
    }
    case 'float32':
      return shortestDecimal(value.value);
    default:
      return value.value;
  }
}
