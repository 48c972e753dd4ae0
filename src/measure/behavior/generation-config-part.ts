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

/** How a server samples and where it stops, unless a request says otherwise. */
export async function generationConfigPart(directory: Folder): Promise<BehaviorValues | null> {
  const config = await readJson(directory, 'generation_config.json');
  if (config === null) return null;
  if (isUnreadable(config)) return partOf({ 'generation_config.json': config });
  return partOf(Object.fromEntries(Object.entries(config).filter(([key]) => !NO_EFFECT.has(key))));
}
