import { type BuiltClass, readSpecialTokens, tokenizerClass } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { BehaviorValues } from '../schema/behavior.ts';
import { type Folder, isUnreadable, type Json, readFolderJson } from './files.ts';
import { readBehaviorValues } from './part.ts';

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

/** Special tokens as texts, from tokenizer files, and as ids, from config.json. @param ends of turns in a GGUF file */
export async function specialTokensPart(
  directory: Folder,
  {
    config,
    json,
    ends,
  }: { readonly config: Json; readonly json: Awaited<ReturnType<typeof readFolderJson>>; readonly ends: Json },
): Promise<BehaviorValues | null> {
  const stated = await readFolderJson(directory, 'tokenizer_config.json');
  const map = await readFolderJson(directory, 'special_tokens_map.json');
  const text = [config.text_config, config.llm_config].find(isObject) ?? {};
  const ids = { ...Object.fromEntries(IDS.map((key) => [key, config[key] ?? text[key]])), ...ends };
  if (isUnreadable(stated) || isUnreadable(map)) return readBehaviorValues({ ...ids, files: [stated, map] });
  if (stated === null && map === null && json === null) return readBehaviorValues(ids);
  const built = builtClass({ config, stated: stated ?? {}, json: isUnreadable(json) ? null : json });
  const { named, extra } = readSpecialTokens({ config: stated ?? {}, map, built, padToken: null });
  return readBehaviorValues({
    ...ids,
    ...named,
    additional_special_tokens: extra.length > 0 ? [...extra].sort() : null,
    add_bos_token: switchOf(stated?.add_bos_token),
    add_eos_token: switchOf(stated?.add_eos_token),
  });
}

/** The class whose special tokens a checkpoint has if it names none; null also for one that cannot be opened. */
function builtClass({ config, stated, json }: { config: Json; stated: Json; json: Json | null }): BuiltClass | null {
  try {
    return tokenizerClass({
      file: 'tokenizer_config.json',
      stated: textOf(stated.tokenizer_class),
      statedByModel: textOf(config.tokenizer_class),
      modelType: textOf(config.model_type),
      ownCode: false,
      byteLevel: JSON.stringify([json?.pre_tokenizer, json?.decoder, json?.post_processor]).includes('"ByteLevel"'),
    });
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function switchOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
