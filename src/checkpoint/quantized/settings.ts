import { join } from 'node:path';
import { readTextInside } from '../../platform/resolve-inside.ts';
import { parseJsonObject } from '../architecture.ts';
import type { FullCheckpoint } from '../types.ts';
import { folderOfWeights } from '../weights-file.ts';
import { isSection, type Section } from './format.ts';

/** Of config.json. `compression_config` is what compressed-tensors wrote first. */
export const METHOD_KEYS = ['quantization_config', 'compression_config'];

/** Sections are nested two deep in multimodal models: `thinker_config.text_config`. */
export const MAX_NESTING = 3;

/** Where libraries described their formats before transformers had a key for it, and ModelOpt still does. */
const FILES: readonly (readonly [name: string, of: (file: Section) => Section])[] = [
  // AutoGPTQ.
  ['quantize_config.json', (file) => ({ quant_method: 'gptq', ...file })],
  // AutoAWQ.
  ['quant_config.json', (file) => ({ quant_method: 'awq', bits: file.w_bit, group_size: file.q_group_size, ...file })],
  [
    'hf_quant_config.json',
    ({ quantization }) => ({ quant_method: 'modelopt', ...(isSection(quantization) ? quantization : {}) }),
  ],
];

/** What is said about the quantization: in config.json or one of its sections, else in a file beside it; empty if nothing is. */
export async function quantizationSettings({
  path,
  config,
}: Pick<FullCheckpoint, 'path' | 'config'>): Promise<Section> {
  const section = config && sectionIn(config);
  if (section) return section;
  const folder = folderOfWeights(path);
  for (const [name, of] of FILES) {
    const file = join(folder, name);
    const text = await readTextInside(file);
    if (text !== null) return of(parseJsonObject(text, file));
  }
  return {};
}

function sectionIn(config: Section, depth = 0): Section | null {
  for (const key of METHOD_KEYS) if (isSection(config[key])) return config[key];
  if (depth >= MAX_NESTING) return null;
  for (const [key, value] of Object.entries(config)) {
    const nested = key.endsWith('_config') && isSection(value) ? sectionIn(value, depth + 1) : null;
    if (nested) return nested;
  }
  return null;
}

/** The method that wrote the weights, in lower case; null if it is not named. */
export function methodOf(settings: Section): string | null {
  const { quant_method: method, method: other, quant_algo: algorithm } = settings;
  const named = [method, other].find((value) => typeof value === 'string');
  if (typeof named === 'string') return named.toLowerCase();
  if (settings.load_in_4bit === true || settings.load_in_8bit === true) return 'bitsandbytes';
  return typeof algorithm === 'string' ? 'modelopt' : null;
}
