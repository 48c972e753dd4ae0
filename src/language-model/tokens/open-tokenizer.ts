import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../checkpoint/architecture.ts';
import { readTextInside } from '../../platform/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';
import { readChatTemplate } from './chat-template.ts';
import { readJsonObject, readModelTokenIds } from './model-token-ids.ts';
import { startTokenizer, TOKENIZER_LIMITS, type TokenizerLimits } from './start-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Files of slow tokenizers, which contain no rules of how to split a text. */
const SLOW_FILES = ['tokenizer.model', 'vocab.json', 'merges.txt', 'tekken.json', 'spiece.model', 'vocab.txt'];

/**
 * Open the fast tokenizer (tokenizer.json) of a checkpoint directory.
 * @throws UserError if there is none, or one that cannot be read
 */
export async function openTokenizer(directory: string, limits: TokenizerLimits = TOKENIZER_LIMITS): Promise<Tokenizer> {
  const tokenizer = await openTokenizerIfPresent(directory, limits);
  if (tokenizer) return tokenizer;
  for (const name of SLOW_FILES) {
    if (!existsSync(join(directory, name))) continue;
    throw new UserError(
      `${directory} has ${name}, but no tokenizer.json`,
      'save the fast tokenizer: AutoTokenizer.from_pretrained(…).save_pretrained(…) in transformers',
      { code: 'no-tokenizer' },
    );
  }
  throw new UserError(`${directory} has no tokenizer.json`, 'add the tokenizer of the model, or give token ids', {
    code: 'no-tokenizer',
  });
}

/** @returns null if the directory has no tokenizer.json, which requests in token ids do not need */
export async function openTokenizerIfPresent(
  directory: string,
  limits: TokenizerLimits = TOKENIZER_LIMITS,
): Promise<Tokenizer | null> {
  const file = join(directory, 'tokenizer.json');
  const text = await readTextInside(file, 'tokenizer');
  if (text === null) return null;
  const config = (await readJsonObject(join(directory, 'tokenizer_config.json'))) ?? {};
  const map = await readJsonObject(join(directory, 'special_tokens_map.json'));
  const { model_type: modelType, tokenizer_class: modelClass } = (await readConfig(directory)) ?? {};
  const files = {
    file,
    text,
    config,
    map,
    addedTokens: await readJsonObject(join(directory, 'added_tokens.json')),
    modelTokenizerClass: typeof modelClass === 'string' ? modelClass : null,
    modelType: typeof modelType === 'string' ? modelType : null,
    ids: await readModelTokenIds(directory),
    chatTemplate: await readChatTemplate(directory, config),
  };
  return startTokenizer(files, limits);
}
