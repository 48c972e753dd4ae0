import type { GgufDefaults } from '../../language-model/tokens/gguf/defaults.ts';
import type { BehaviorValues } from '../schema/behavior.ts';
import { type Folder, isUnreadable, readJson } from './files.ts';
import { partOf } from './part.ts';

/** Keys about the origin of the file, and about what else is returned beside the text. */
const NO_EFFECT = new Set([
  'transformers_version',
  '_from_model_config',
  '_commit_hash',
  'use_cache',
  'output_attentions',
  'output_hidden_states',
  'output_scores',
  'output_logits',
  'return_dict_in_generate',
]);

/**
 * How a server samples and where it stops, unless a request says otherwise.
 * @param gguf what a GGUF file says about it, which counts before a file beside it
 */
export async function generationConfigPart(
  directory: Folder,
  gguf: GgufDefaults | null,
): Promise<BehaviorValues | null> {
  if (gguf?.sampling) return partOf(gguf.sampling);
  const config = await readJson(directory, 'generation_config.json');
  if (config === null) return null;
  if (isUnreadable(config)) return partOf({ 'generation_config.json': config });
  return partOf(Object.fromEntries(Object.entries(config).filter(([key]) => !NO_EFFECT.has(key))));
}
