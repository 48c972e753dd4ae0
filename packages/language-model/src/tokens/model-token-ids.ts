import { join } from 'node:path';
import { parseJsonObject, readConfig } from '@shadow-gate/checkpoints/config';
import { filesOfFolder } from '@shadow-gate/checkpoints/formats';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { ggufTokenIds } from './gguf/token-source.ts';
import type { TokenPlace } from './token-place.ts';

/** The ids of special tokens in the model's own configs, which need no tokenizer. */
export interface ModelTokenIds {
  readonly bosId: number | null;
  /** Generation ends with any of these. */
  readonly eosIds: ReadonlySet<number>;
  /** The token before a text without context: BOS, else EOS; null if the configs have neither. */
  readonly prefixTokenId: number | null;
}

const idsSchema = z.array(z.int().nonnegative());

/**
 * Read `bos_token_id` and `eos_token_id` (one or a list) from generation_config.json, which has priority in
 * transformers' `generate`, or else from config.json.
 * @param place a folder, or a GGUF file, which has them itself
 * @throws UserError for a file that is not a JSON object
 */
export async function readModelTokenIds(place: TokenPlace): Promise<ModelTokenIds> {
  if (place.gguf) return idsOfConfigs([ggufTokenIds(place.gguf.metadata) ?? {}]);
  return idsInFolder(filesOfFolder(place, place.path));
}

export async function idsInFolder(files: FolderFiles): Promise<ModelTokenIds> {
  const generation = (await readJsonObject(files, 'generation_config.json')) ?? {};
  const config = (await readConfig(files)) ?? {};
  return idsOfConfigs([generation, config, config.text_config, config.llm_config]);
}

/** @param sources configs, by priority */
export function idsOfConfigs(sources: readonly unknown[]): ModelTokenIds {
  const bosId = firstIds(sources, 'bos_token_id')[0] ?? null;
  const eosIds = firstIds(sources, 'eos_token_id');
  return { bosId, eosIds: new Set(eosIds), prefixTokenId: bosId ?? eosIds[0] ?? null };
}

/** @returns null if there is no such file @throws UserError if it is not a JSON object */
export async function readJsonObject(files: FolderFiles, name: string): Promise<Record<string, unknown> | null> {
  const text = await files.text(name);
  return text === null ? null : parseJsonObject(text, join(files.path, name));
}

function firstIds(sources: readonly unknown[], key: string): number[] {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue;
    const stated = (source as Record<string, unknown>)[key];
    const ids = validate(idsSchema, Array.isArray(stated) ? stated : [stated]);
    if (ids.success && ids.data.length > 0) return ids.data;
  }
  return [];
}
