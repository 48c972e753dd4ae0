import { z } from 'zod';
import type { BehaviorValues } from '../schema/behavior.ts';
import { digestFile, isUnreadable, type Json, readJson } from './files.ts';
import { partOf } from './part.ts';

/** Sections of tokenizer.json that decide which ids a text becomes. Truncation and padding are settings of a call. */
const SECTIONS = ['normalizer', 'pre_tokenizer', 'model', 'post_processor', 'decoder'];

/** Keys of tokenizer_config.json that some classes tokenize by. */
const SETTINGS = ['do_lower_case', 'add_prefix_space', 'split_special_tokens'];

/** What slow tokenizers are made of, in a folder without tokenizer.json. */
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
 * The tokenizer of a folder. tokenizer.json counts by its meaning: the order of keys, defaults that one release of the
 * library writes and another leaves out, and its two notations of merges are no difference.
 */
export async function tokenizerPart(directory: string): Promise<BehaviorValues | null> {
  const json = await readJson(directory, 'tokenizer.json');
  const config = await readJson(directory, 'tokenizer_config.json');
  const settings = config === null || isUnreadable(config) ? {} : pick(config, SETTINGS);
  if (json === null) {
    const files: Record<string, unknown> = {};
    for (const name of SLOW_FILES) files[name] = await digestFile(directory, name);
    const part = partOf(files);
    return part === null ? null : partOf({ ...files, ...settings, ...addedTokens([config]) });
  }
  if (isUnreadable(json)) return partOf({ 'tokenizer.json': json });
  return partOf({
    ...pick(json, SECTIONS),
    ...modelOf(json.model),
    ...addedTokens([json.added_tokens, isUnreadable(config) ? null : config?.added_tokens_decoder]),
    ...settings,
  });
}

/** Without the keys that are absent, null or false, which mean the same. */
function pick(json: Json, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap((key) => (isDefault(json[key]) ? [] : [[key, json[key]]])));
}

function isDefault(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === '';
}

/** Vocabulary and merges apart from the rest, so that a comparison names which of them differs. */
function modelOf(model: unknown): Record<string, unknown> {
  if (typeof model !== 'object' || model === null || Array.isArray(model)) return { model };
  const { vocab, merges, ...rest } = model as Json;
  return {
    model: pick(rest, Object.keys(rest)),
    vocabulary: vocab,
    merges: Array.isArray(merges) ? merges.map(mergeOf) : merges,
  };
}

/** `"a b"` before version 0.20 of the library, `["a", "b"]` since. */
function mergeOf(merge: unknown): unknown {
  if (typeof merge !== 'string') return merge;
  const pair = merge.split(' ');
  return pair.length === 2 ? pair : merge;
}

const tokenSchema = z.looseObject({ id: z.number().optional(), content: z.string() });
const FLAGS = ['special', 'lstrip', 'rstrip', 'single_word', 'normalized'];

/** tokenizer_config.json repeats those of tokenizer.json, and may add some. */
function addedTokens(sources: readonly unknown[]): Record<string, unknown> {
  const tokens = new Map<string, unknown>();
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue;
    for (const [key, value] of Object.entries(source)) {
      const token = tokenSchema.safeParse(value).data;
      if (!token) continue;
      const id = token.id ?? Number(key);
      const text = JSON.stringify([id, token.content]);
      if (!tokens.has(text)) tokens.set(text, { id, content: token.content, ...pick(token, FLAGS) });
    }
  }
  const sorted = [...tokens].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, token]) => token);
  return sorted.length > 0 ? { added_tokens: sorted } : {};
}
