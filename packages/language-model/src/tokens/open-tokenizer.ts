import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@shadow-gate/checkpoints/config';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { buildsFromVocabulary, type TokenizerFiles } from './build-tokenizer.ts';
import { defaultTemplate, readChatTemplate } from './chat/chat-template.ts';
import { findTokenSource } from './gguf/token-source.ts';
import { idsInFolder, idsOfConfigs, readJsonObject } from './model-token-ids.ts';
import { noTokenizer } from './no-tokenizer.ts';
import { startTokenizer, TOKENIZER_LIMITS, type TokenizerLimits } from './start-tokenizer.ts';
import { tokenizerOfTekken } from './tekken.ts';
import { openTokenPlace, type TokenPlace } from './token-place.ts';
import type { Tokenizer } from './tokenizer.ts';
import { withinLimits } from './within-limits.ts';

/** Files of other kinds of tokenizers, most without rules for splitting a text; errors name the first. */
const OTHER_FILES = [/\.model(\.v\d.*)?$/, /\.tiktoken$/, /^vocab\.(json|txt)$/, /^merges\.txt$/];

/** The tokenizer at a path, without anything else there. @throws UserError as `requireTokenizer` */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  return requireTokenizer(await openTokenPlace(path));
}

/** A folder's fast tokenizer, or a GGUF file's own. @throws UserError for a missing or unreadable one */
export async function requireTokenizer(
  place: TokenPlace,
  limits: TokenizerLimits = TOKENIZER_LIMITS,
): Promise<Tokenizer> {
  const tokenizer = await findTokenizer(place, limits);
  if (tokenizer) return tokenizer;
  const { path } = place;
  if (place.gguf) {
    const hint = 'put the tokenizer.json of the model next to it, or give token ids';
    throw noTokenizer(`${path} has no tokenizer`, hint);
  }
  const names = existsSync(path) ? readdirSync(path).sort() : [];
  const other = OTHER_FILES.flatMap((pattern) => names.find((name) => pattern.test(name)) ?? [])[0];
  if (other !== undefined) {
    throw noTokenizer(
      `${path} has ${other}, but no tokenizer.json`,
      'save the fast tokenizer: AutoTokenizer.from_pretrained(…).save_pretrained(…) in transformers',
    );
  }
  throw noTokenizer(`${path} has no tokenizer.json`, 'add the tokenizer of the model, or give token ids');
}

/** @returns null if a folder has no known files of a tokenizer, or a GGUF file none: requests in ids need none */
export async function findTokenizer(
  place: TokenPlace,
  limits: TokenizerLimits = TOKENIZER_LIMITS,
): Promise<Tokenizer | null> {
  const source = await findTokenSource(place);
  if (source.kind === 'folder') return startInFolder(source.files, limits);
  const { file, files } = source;
  const config = files['tokenizer_config.json'];
  return startTokenizer(
    {
      file,
      // A damaged file can exceed the longest string.
      text: withinLimits(`${file} cannot be used`, () => JSON.stringify(files['tokenizer.json'])),
      config,
      map: null,
      modelType: null,
      ids: idsOfConfigs([files['generation_config.json']]),
      chatTemplate: defaultTemplate(config.chat_template),
    },
    limits,
  );
}

async function startInFolder(folder: FolderFiles, limits: TokenizerLimits): Promise<Tokenizer | null> {
  const source =
    (await readSource(folder, 'tokenizer.json')) ?? (await readVocabulary(folder)) ?? (await readTekken(folder));
  if (source === null) return null;
  const { config: own = {}, ...text } = source;
  const config = (await readJsonObject(folder, 'tokenizer_config.json')) ?? own;
  const map = await readJsonObject(folder, 'special_tokens_map.json');
  const model = await readConfig(folder);
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  const files: TokenizerFiles = {
    ...text,
    config,
    map,
    addedTokens: await readJsonObject(folder, 'added_tokens.json'),
    modelTokenizerClass: textOf(model?.tokenizer_class),
    ...(model ? { savedWith: textOf(model.transformers_version) } : {}),
    modelType: textOf(model?.model_type),
    ids: await idsInFolder(folder),
    chatTemplate: await readChatTemplate(folder, config),
  };
  if (files.fromVocabulary && !buildsFromVocabulary(files)) return null;
  return startTokenizer(files, limits);
}

type Source = Pick<TokenizerFiles, 'file' | 'text' | 'fromVocabulary'> & Partial<Pick<TokenizerFiles, 'config'>>;

async function readSource(folder: FolderFiles, name: string): Promise<Source | null> {
  const text = await folder.text(name);
  return text === null ? null : { file: join(folder.path, name), text };
}

/** Mistral's own vocabulary, as a tokenizer.json and a tokenizer_config.json. */
async function readTekken(folder: FolderFiles): Promise<Source | null> {
  const source = await readSource(folder, 'tekken.json');
  return source && { ...source, ...tokenizerOfTekken(source.text, source.file) };
}

/** vocab.json and merges.txt as a tokenizer.json: for some classes, transformers builds tokenizers from them. */
async function readVocabulary(folder: FolderFiles): Promise<Source | null> {
  const file = join(folder.path, 'vocab.json');
  const vocab = await folder.text('vocab.json');
  const merges = await folder.text('merges.txt');
  if (vocab === null || merges === null) return null;
  const lines = merges.split(/\r?\n/).filter((line) => !line.startsWith('#version'));
  if (lines.at(-1) === '') lines.pop();
  const text = `{"model":{"type":"BPE","vocab":${vocab},"merges":${JSON.stringify(lines)}}}`;
  return { file, text, fromVocabulary: true };
}
