import { readSpecialTokens } from '../../language-model/tokens/special-tokens.ts';
import type { BehaviorValues } from '../schema/behavior.ts';
import { isUnreadable, type Json, readJson } from './files.ts';
import { partOf } from './part.ts';

const IDS = [
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'unk_token_id',
  'sep_token_id',
  'cls_token_id',
  'mask_token_id',
  'decoder_start_token_id',
];

/**
 * Special tokens as texts, from the files of the tokenizer, and as ids, from config.json.
 * @param json tokenizer.json as read
 */
export async function specialTokensPart(
  directory: string,
  { config, json }: { readonly config: Json; readonly json: Awaited<ReturnType<typeof readJson>> },
): Promise<BehaviorValues | null> {
  const stated = await readJson(directory, 'tokenizer_config.json');
  const map = await readJson(directory, 'special_tokens_map.json');
  const text = section(config, 'text_config') ?? section(config, 'llm_config') ?? {};
  const ids = Object.fromEntries(IDS.map((key) => [key, config[key] ?? text[key]]));
  if (isUnreadable(stated) || isUnreadable(map)) return partOf({ ...ids, files: [stated, map] });
  if (stated === null && map === null && json === null) return partOf(ids);
  const { named, extra, addBos, addEos } = readSpecialTokens(stated ?? {}, {
    map,
    modelType: typeof config.model_type === 'string' ? config.model_type : null,
    hasPostProcessor: json !== null && !isUnreadable(json) && (json.post_processor ?? null) !== null,
  });
  return partOf({
    ...ids,
    ...named,
    additional_special_tokens: extra.length > 0 ? [...extra].sort() : null,
    add_bos_token: addBos,
    add_eos_token: addEos,
  });
}

function section(config: Json, key: string): Json | null {
  const value = config[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
