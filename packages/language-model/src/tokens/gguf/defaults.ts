import { createHash } from 'node:crypto';
import { type GgufMetadata, type GgufValue, shortestDecimal } from '@shadow-gate/checkpoints/formats';

type Json = Readonly<Record<string, unknown>>;

/** Settings for generation in a GGUF file, other than its tokenizer and its template. */
export interface GgufDefaults {
  /** Ids of the tokens other than EOS that end a turn or a message to a tool, by their keys. */
  readonly ends: Json;
  /**
   * Sampling (`general.sampling.*`) under the names of generation_config.json where it has them; null if there is none.
   */
  readonly sampling: Json | null;
}

const ENDS = ['eot_token_id', 'eom_token_id'];
const SAMPLING = 'general.sampling.';

/** Names of generation_config.json by those of llama.cpp, for what means the same in both. */
export const SAMPLING_NAMES: Readonly<Record<string, string>> = {
  temp: 'temperature',
  top_k: 'top_k',
  top_p: 'top_p',
  min_p: 'min_p',
  penalty_repeat: 'repetition_penalty',
};

/** Values of whatever type: nothing here is used, only compared. */
export function ggufDefaults(metadata: GgufMetadata): GgufDefaults {
  const ends = ENDS.flatMap((key) => {
    const value = plain(metadata.get(`tokenizer.ggml.${key}`));
    // Converters write such a number for "none".
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

/** Numbers as they were written before they were rounded to float32; lists as a digest of their bytes. */
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
