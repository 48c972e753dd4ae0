import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { parseJsonObject } from '../../config/architecture.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { filesBeside } from '../weights-file.ts';
import { refuseUnknownSettings } from './config-keys.ts';
import type { ConfigSection } from './format.ts';

/** Keys of config.json. Early versions of compressed-tensors wrote `compression_config`. */
export const METHOD_KEYS = ['quantization_config', 'compression_config'];

/** Sections are nested two deep in multimodal models: `thinker_config.text_config`. */
export const MAX_NESTING = 3;

/** Files in which libraries described their formats before transformers had a key for it, and ModelOpt still does. */
const FILES: readonly (readonly [name: string, of: (file: ConfigSection) => ConfigSection])[] = [
  // AutoGPTQ.
  ['quantize_config.json', (file) => ({ quant_method: 'gptq', ...file })],
  // AutoAWQ.
  ['quant_config.json', (file) => ({ quant_method: 'awq', bits: file.w_bit, group_size: file.q_group_size, ...file })],
  [
    'hf_quant_config.json',
    ({ quantization }) => ({ quant_method: 'modelopt', ...(isObject(quantization) ? quantization : {}) }),
  ],
];

/** Keys that two descriptions of the same codes must agree on. */
const DECISIVE = ['bits', 'group_size', 'desc_act', 'sym', 'checkpoint_format', 'zero_point', 'version', 'quant_algo'];

/** @throws UserError for unknown settings, and for conflicting descriptions: programs choose different ones */
export async function quantizationSettings(
  checkpoint: Pick<FullCheckpoint, 'path' | 'files' | 'config'>,
): Promise<ConfigSection> {
  const { config } = checkpoint;
  const files = filesBeside(checkpoint);
  const inConfig = join(files.path, 'config.json');
  const stated = (config === null ? [] : sectionsIn(config)).map((section) => ({ file: inConfig, section }));
  const [first] = stated;
  const other = stated.find(({ section }) => JSON.stringify(section) !== JSON.stringify(first?.section));
  if (first && other) {
    const hint = 'restore the config.json that the quantizer wrote';
    throw new UserError(`${first.file} describes the quantization twice, and not as the same`, hint);
  }
  for (const [name, of] of FILES) {
    const file = join(files.path, name);
    const text = await files.text(name);
    if (text === null) continue;
    const section = of(parseJsonObject(text, file));
    if (first) refuseConflict(first.section, section, file);
    stated.push({ file, section });
  }
  const [used] = stated;
  if (used === undefined) return {};
  refuseUnknownSettings(used.section, quantizationMethod(used.section) ?? 'mlx', used.file);
  return used.section;
}

/** The file next to config.json that describes codes. Transformers.js has a quantize_config.json without bits. */
export async function quantizationBeside(checkpoint: Pick<FullCheckpoint, 'path' | 'files'>): Promise<string | null> {
  const files = filesBeside(checkpoint);
  for (const [name, of] of FILES) {
    const file = join(files.path, name);
    const text = await files.text(name);
    if (text === null) continue;
    const { bits, quant_method: method } = of(parseJsonObject(text, file));
    if (bits !== undefined || method === 'modelopt') return file;
  }
  return null;
}

function refuseConflict(config: ConfigSection, beside: ConfigSection, file: string): void {
  const written = (value: unknown) => JSON.stringify(value ?? null).toLowerCase();
  const key = DECISIVE.find(
    (name) => name in config && name in beside && written(config[name]) !== written(beside[name]),
  );
  if (key === undefined) return;
  throw new UserError(
    `${file}: ${key} is ${written(beside[key])}, and ${written(config[key])} in config.json`,
    'remove the one that is not true: programs choose among them',
  );
}

/** MLX has its own section, and repeats it under another key. */
function sectionsIn(config: ConfigSection, depth = 0): ConfigSection[] {
  const own = [...METHOD_KEYS, 'quantization'].flatMap((key) => (isObject(config[key]) ? [config[key]] : []));
  if (depth >= MAX_NESTING) return own;
  const nested = Object.entries(config).filter(([key]) => key.endsWith('_config') && !METHOD_KEYS.includes(key));
  return [...own, ...nested.flatMap(([, value]) => (isObject(value) ? sectionsIn(value, depth + 1) : []))];
}

/** The method in lower case; null if it is not named. */
export function quantizationMethod(settings: ConfigSection): string | null {
  const { quant_method: method, method: other, quant_algo: algorithm } = settings;
  const named = [method, other].find((value) => typeof value === 'string');
  if (typeof named === 'string') return named.toLowerCase();
  if (settings.load_in_4bit === true || settings.load_in_8bit === true) return 'bitsandbytes';
  return typeof algorithm === 'string' ? 'modelopt' : null;
}
