import { isObject } from '@shadow-gate/platform/json';
import type { BehaviorValues } from '../schema/behavior.ts';
import { besideTokenizer } from './beside-tokenizer.ts';
import { digestFile, type Folder, isUnreadable, type Json, readFolderJson } from './files.ts';
import { readBehaviorValues } from './part.ts';

/** Sections of tokenizer.json that decide which ids a text becomes. Truncation and padding are settings of a call. */
const SECTIONS = ['normalizer', 'pre_tokenizer', 'model', 'post_processor', 'decoder'];

/** Keys of tokenizer_config.json that some classes tokenize by. */
const SETTINGS = ['do_lower_case', 'add_prefix_space', 'split_special_tokens'];

/** Files of slow tokenizers, in a folder without tokenizer.json. */
const SLOW_FILES = [
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
  'tekken.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'added_tokens.json',
];

/**
 * The tokenizer of a folder. tokenizer.json counts by its meaning: the order of keys, defaults that only some releases
 * of the library write, and the two notations of merges make no difference.
 */
export async function tokenizerPart(
  directory: Folder,
  json: Awaited<ReturnType<typeof readFolderJson>>,
): Promise<BehaviorValues | null> {
  const config = await readFolderJson(directory, 'tokenizer_config.json');
  const stated = config === null || isUnreadable(config) ? {} : config;
  const settings = pick(stated, SETTINGS);
  if (json === null) {
    const files = await slowFiles(directory);
    return readBehaviorValues(files) === null
      ? null
      : readBehaviorValues({ ...files, ...settings, ...addedTokens([stated.added_tokens_decoder]) });
  }
  if (isUnreadable(json)) return readBehaviorValues({ 'tokenizer.json': json });
  return readBehaviorValues({
    ...pick(json, SECTIONS),
    ...modelOf(json.model),
    ...addedTokens([json.added_tokens, stated.added_tokens_decoder]),
    ...settings,
    ...(await besideTokenizer(directory, json, stated.added_tokens_decoder)),
  });
}

export async function hasTokenizer(directory: Folder): Promise<boolean> {
  return (
    (await digestFile(directory, 'tokenizer.json')) !== null || readBehaviorValues(await slowFiles(directory)) !== null
  );
}

async function slowFiles(directory: Folder): Promise<Record<string, unknown>> {
  const files: Record<string, unknown> = {};
  for (const name of SLOW_FILES) files[name] = await digestFile(directory, name);
  return files;
}

/** Leaves out keys that are absent, null or false, which mean the same. */
function pick(json: Json, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap((key) => (isDefault(json[key]) ? [] : [[key, json[key]]])));
}

function isDefault(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === '';
}

/** Vocabulary and merges are apart from the rest, so that a comparison names which of them differs. */
function modelOf(model: unknown): Record<string, unknown> {
  if (typeof model !== 'object' || model === null || Array.isArray(model)) return { model };
  const { vocab, merges, ...rest } = model as Json;
  return {
    model: pick(rest, Object.keys(rest)),
    vocabulary: vocab,
    merges: Array.isArray(merges) ? merges.map(mergeOf) : merges,
  };
}

/** `["a", "b"]` since version 0.20 of the library, `"a b"` before. */
function mergeOf(merge: unknown): unknown {
  const isPair = Array.isArray(merge) && merge.length === 2 && merge.every((part) => /^[^ ]+$/.test(String(part)));
  return isPair ? merge.join(' ') : merge;
}

interface AddedToken extends Json {
  readonly id?: number;
  readonly content: string;
}

/** By hand: an issue for each of a million entries that are no tokens takes gigabytes. */
function isAddedToken(value: unknown): value is AddedToken {
  return isObject(value) && typeof value.content === 'string' && (!('id' in value) || typeof value.id === 'number');
}

const FLAGS = ['special', 'lstrip', 'rstrip', 'single_word', 'normalized'];

/** tokenizer_config.json repeats those of tokenizer.json, and may add some. */
function addedTokens(sources: readonly unknown[]): Record<string, unknown> {
  const tokens = new Map<string, unknown>();
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue;
    for (const [key, token] of Object.entries(source as Json)) {
      if (!isAddedToken(token)) continue;
      const id = token.id ?? Number(key);
      const text = JSON.stringify([id, token.content]);
      if (!tokens.has(text)) tokens.set(text, { id, content: token.content, ...pick(token, FLAGS) });
    }
  }
  const sorted = [...tokens].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, token]) => token);
  return sorted.length > 0 ? { added_tokens: sorted } : {};
}
