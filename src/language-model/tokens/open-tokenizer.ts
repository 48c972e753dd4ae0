import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../checkpoint/config/architecture.ts';
import { readTextInside } from '../../platform/files/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';
import { buildsFromVocabulary, type TokenizerFiles } from './build-tokenizer.ts';
import { namedTemplates, readChatTemplate } from './chat-template.ts';
import { isGgufFile, tokenSourceOf } from './gguf/token-source.ts';
import { idsOfConfigs, readJsonObject, readModelTokenIds } from './model-token-ids.ts';
import { startTokenizer, TOKENIZER_LIMITS, type TokenizerLimits } from './start-tokenizer.ts';
import { tokenizerOfTekken } from './tekken.ts';
import type { Tokenizer } from './tokenizer.ts';
import { withinLimits } from './within-limits.ts';

/** Files of other kinds of tokenizers, most of which contain no rules of how to split a text; the first is named. */
const OTHER_FILES = [/\.model(\.v\d.*)?$/, /\.tiktoken$/, /^vocab\.(json|txt)$/, /^merges\.txt$/];

/**
 * Open the fast tokenizer of a checkpoint: tokenizer.json of a directory, or what a GGUF file says.
 * @throws UserError if there is none, or one that cannot be read
 */
export async function openTokenizer(path: string, limits: TokenizerLimits = TOKENIZER_LIMITS): Promise<Tokenizer> {
  const tokenizer = await openTokenizerIfPresent(path, limits);
  if (tokenizer) return tokenizer;
  if (await isGgufFile(path)) {
    throw new UserError(
      `${path} has no tokenizer`,
      'put the tokenizer.json of the model beside it, or give token ids',
      {
        code: 'no-tokenizer',
      },
    );
  }
  const directory = path;
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const other = OTHER_FILES.flatMap((pattern) => names.find((name) => pattern.test(name)) ?? [])[0];
  if (other !== undefined) {
    throw new UserError(
      `${directory} has ${other}, but no tokenizer.json`,
      'save the fast tokenizer: AutoTokenizer.from_pretrained(…).save_pretrained(…) in transformers',
      { code: 'no-tokenizer' },
    );
  }
  throw new UserError(`${directory} has no tokenizer.json`, 'add the tokenizer of the model, or give token ids', {
    code: 'no-tokenizer',
  });
}

/**
 * @returns null if a directory has neither tokenizer.json nor tekken.json nor vocab.json and merges.txt, and a GGUF file no tokenizer, which
 *   requests in token ids do not need
 */
export async function openTokenizerIfPresent(
  path: string,
  limits: TokenizerLimits = TOKENIZER_LIMITS,
): Promise<Tokenizer | null> {
  const source = await tokenSourceOf(path);
  if (source.kind === 'folder') return openFolder(source.directory, limits);
  const { file, files } = source;
  const config = files['tokenizer_config.json'];
  return startTokenizer(
    {
      file,
      // A damaged file can have more than fits into one text.
      text: withinLimits(`${file} cannot be used`, () => JSON.stringify(files['tokenizer.json'])),
      config,
      map: null,
      modelType: null,
      ids: idsOfConfigs([files['generation_config.json']]),
      chatTemplate: namedTemplates(config.chat_template).find(({ name }) => name === 'default')?.template ?? null,
    },
    limits,
  );
}

async function openFolder(directory: string, limits: TokenizerLimits): Promise<Tokenizer | null> {
  const source =
    (await readTokenizerJson(directory)) ?? (await readVocabulary(directory)) ?? (await readTekken(directory));
  if (source === null) return null;
  const { config: own = {}, ...text } = source;
  const config = (await readJsonObject(join(directory, 'tokenizer_config.json'))) ?? own;
  const map = await readJsonObject(join(directory, 'special_tokens_map.json'));
  const model = await readConfig(directory);
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  const files: TokenizerFiles = {
    ...text,
    config,
    map,
    addedTokens: await readJsonObject(join(directory, 'added_tokens.json')),
    modelTokenizerClass: textOf(model?.tokenizer_class),
    ...(model ? { savedWith: textOf(model.transformers_version) } : {}),
    modelType: textOf(model?.model_type),
    ids: await readModelTokenIds(directory),
    chatTemplate: await readChatTemplate(directory, config),
  };
  if (files.fromVocabulary && !buildsFromVocabulary(files)) return null;
  return startTokenizer(files, limits);
}

type Source = Pick<TokenizerFiles, 'file' | 'text' | 'fromVocabulary'> & Partial<Pick<TokenizerFiles, 'config'>>;

/** Mistral's own vocabulary, as a tokenizer.json and a tokenizer_config.json. */
async function readTekken(directory: string): Promise<Source | null> {
  const file = join(directory, 'tekken.json');
  const text = await readTextInside(file, 'tokenizer');
  return text === null ? null : { file, ...tokenizerOfTekken(text, file) };
}

async function readTokenizerJson(directory: string): Promise<Source | null> {
  const file = join(directory, 'tokenizer.json');
  const text = await readTextInside(file, 'tokenizer');
  return text === null ? null : { file, text };
}

/** vocab.json and merges.txt, of which transformers builds the tokenizers of some classes, as a tokenizer.json. */
async function readVocabulary(directory: string): Promise<Source | null> {
  const file = join(directory, 'vocab.json');
  const vocab = await readTextInside(file, 'tokenizer');
  const merges = await readTextInside(join(directory, 'merges.txt'), 'tokenizer');
  if (vocab === null || merges === null) return null;
  const lines = merges.split(/\r?\n/).filter((line) => !line.startsWith('#version'));
  if (lines.at(-1) === '') lines.pop();
  const text = `{"model":{"type":"BPE","vocab":${vocab},"merges":${JSON.stringify(lines)}}}`;
  return { file, text, fromVocabulary: true };
}
