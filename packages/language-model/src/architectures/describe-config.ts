import { isDeepStrictEqual } from 'node:util';
import { QUANTIZATION_KEYS } from '@shadow-gate/checkpoints/formats';
import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { isObject } from '@shadow-gate/platform/json';
import { isArithmeticFree } from './config-keys.ts';
import { type DescribedConfig, decoderOfConfig } from './describe-decoder.ts';

type Values = Readonly<Record<string, unknown>>;

/** A config without history, training, special tokens and quantization (which are compared elsewhere). */
interface ConfigContent {
  /**
   * The described decoder and lengths: if they are equal, configs are equal to a text model, however they are written.
   * Null if the config is not understood.
   */
  readonly decoder: Values | null;
  /** Its keys; those of nested objects as `text_config.hidden_size`. */
  readonly values: Values;
}

/** Read all about arithmetic and length from config.json. Nothing in it is an error. */
export function describeConfig(config: Values): ConfigContent {
  const plain = Object.fromEntries(Object.entries(config).filter(([key]) => !QUANTIZATION_KEYS.includes(key)));
  const described = tryDescribe(plain);
  const isShown = ([path, value]: readonly [string, unknown]) => {
    const key = path.slice(path.lastIndexOf('.') + 1);
    return key === 'model_type' || LENGTHS.has(key) || described?.reader.isRead(key) || !isArithmeticFree(key, value);
  };
  return {
    decoder: described && { ...plainObject(described.decoder), lengths: otherLengths(plain, described) },
    values: collected([...eachKey(plain)].filter(isShown)),
  };
}

function tryDescribe(config: Values): DescribedConfig | null {
  try {
    return decoderOfConfig(config, 'config.json');
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Keys for the length of a text, of all families: servers take the smallest that they find. */
const LENGTHS: ReadonlySet<string> = new Set(
  `max_position_embeddings n_positions n_ctx seq_length seq_len max_seq_len max_seq_length max_sequence_length
  max_target_positions model_max_length dual_chunk_attention_config`.split(/\s+/),
);

function otherLengths(config: Values, { decoder }: DescribedConfig): ReadonlyArray<readonly [string, unknown]> {
  return [config, config.text_config]
    .filter(isObject)
    .flatMap((section) => Object.entries(section))
    .filter(([key, value]) => LENGTHS.has(key) && value !== null && value !== decoder.maxLength)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * One expert replaces the function that names them all. GGUF files have fractions and factors of frequencies as
 * float32, so six digits count.
 */
function plainObject(value: object): Values {
  const plain = (item: unknown): unknown => {
    if (typeof item === 'number') return Number.isInteger(item) ? item : Number(item.toPrecision(6));
    if (typeof item === 'function') return plain(item(1));
    if (Array.isArray(item)) return isLongList(item) ? digestOf(item, plain) : item.map(plain);
    return isObject(item) ? plainObject(hasOneLength(item) ? { ...item, long: null } : item) : item;
  };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** All layers share their frequencies; a config can ask for thousands. */
const isLongList = (items: readonly unknown[]): boolean =>
  items.length > 16 && items.every((item) => typeof item === 'number');

const digests = new WeakMap<readonly unknown[], string>();

function digestOf(items: readonly unknown[], plain: (item: unknown) => unknown): string {
  const known = digests.get(items) ?? sha256(JSON.stringify(items.map(plain)));
  digests.set(items, known);
  return known;
}

/** GGUF files have scalings of rotary positions as factors, which can be equal for all lengths. */
function hasOneLength({ long, frequencies, magnitude }: Values): boolean {
  return isObject(long) && isDeepStrictEqual([long.frequencies, long.magnitude], [frequencies, magnitude]);
}

/** A path with two values has both: a key can be named like another's path. */
function collected(entries: ReadonlyArray<readonly [string, unknown]>): Values {
  const values = new Map<string, unknown>();
  for (const [path, value] of entries) {
    const known = values.get(path);
    values.set(path, known === undefined || isDeepStrictEqual(known, value) ? value : [known, value]);
  }
  return Object.fromEntries(values);
}

const ROPE = 'rope_parameters';
const BESIDE_ROPE: ReadonlySet<string> = new Set(['rope_theta', 'partial_rotary_factor']);

/** Rotary parameters by their names in transformers 5, without the default type. */
function* eachKey(values: Values, prefix = ''): Generator<[path: string, value: unknown]> {
  for (const [key, value] of Object.entries(values)) {
    const isScaling = key === 'rope_scaling' && !isObject(values[ROPE]);
    const name = isScaling ? ROPE : BESIDE_ROPE.has(key) && !isRope(prefix) ? `${ROPE}.${key}` : key;
    const path = `${prefix}${isRope(prefix) && key === 'type' ? 'rope_type' : name}`;
    if (isObject(value)) yield* eachKey(value, `${path}.`);
    else if (value !== null && !(isRope(prefix) && value === 'default')) yield [path, value];
  }
}

const isRope = (prefix: string): boolean => prefix.includes(`${ROPE}.`);
