import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { readConfig } from '../../checkpoint/architecture.ts';
import { readTextInside } from '../../platform/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';
import { readChatTemplate } from './chat-template.ts';
import { readJsonObject, readModelTokenIds } from './model-token-ids.ts';
import { type Affixes, readAffixes } from './post-processor.ts';
import { readSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import {
  type AddedToken,
  adaptForLibrary,
  parseTokenizerJson,
  type TokenizerJson,
  tokenIdOf,
} from './tokenizer-json.ts';

/** Text to token ids and back, like the checkpoint's own tokenizer in transformers. */
export interface Tokenizer {
  /**
   * @param addSpecialTokens add `leading` before and `trailing` after the text, as transformers does by default
   * @throws UserError for text without a token in the vocabulary, if there is no unknown token
   */
  encode(text: string, options: { addSpecialTokens: boolean }): number[];
  /**
   * Ids outside the vocabulary have no text, as in the Rust library; a model's vocabulary is often padded. Spaces
   * before punctuation stay in BPE models, whatever `clean_up_tokenization_spaces` is, as in transformers 5.
   */
  decode(ids: readonly number[], options: { skipSpecialTokens: boolean }): string;
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Generation ends with any of these: the ids in the model's configs, and the tokenizer's own EOS. */
  readonly eosIds: ReadonlySet<number>;
  /**
   * The context of a text without context, as in lm-evaluation-harness: BOS, otherwise EOS; if the tokenizer has
   * neither, those of the model's configs.
   */
  readonly prefixTokenId: number | null;
  /** The special tokens around a text that is encoded with them. */
  readonly leading: readonly number[];
  readonly trailing: readonly number[];
  /** `bos_token` and so on, as text, under the names that chat templates use. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The Jinja source; null for a model without a chat template. */
  readonly chatTemplate: string | null;
}

/** Files of slow tokenizers, which contain no rules of how to split a text. */
const SLOW_FILES = ['tokenizer.model', 'vocab.json', 'merges.txt', 'tekken.json', 'spiece.model', 'vocab.txt'];

/**
 * Open the fast tokenizer (tokenizer.json) of a checkpoint directory.
 * @throws UserError if there is none, or one that cannot be read
 */
export async function openTokenizer(directory: string): Promise<Tokenizer> {
  const tokenizer = await openTokenizerIfPresent(directory);
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
export async function openTokenizerIfPresent(directory: string): Promise<Tokenizer | null> {
  const file = join(directory, 'tokenizer.json');
  const text = await readTextInside(file, 'tokenizer');
  if (text === null) return null;
  const config = (await readJsonObject(join(directory, 'tokenizer_config.json'))) ?? {};
  const map = await readJsonObject(join(directory, 'special_tokens_map.json'));
  const modelType = (await readConfig(directory))?.model_type;
  const json = parseTokenizerJson(text, file);
  const special = readSpecialTokens(config, {
    map,
    modelType: typeof modelType === 'string' ? modelType : null,
    hasPostProcessor: json.post_processor !== null,
  });
  const completed = { ...json, added_tokens: completeAddedTokens(json, config, special) };
  const ids = await readModelTokenIds(directory);
  const idOf = (name: string) => (special.named[name] === undefined ? null : tokenIdOf(completed, special.named[name]));
  const bosId = idOf('bos_token');
  const eosId = idOf('eos_token');
  const { leading, trailing } = affixesOf(readAffixes(json.post_processor, file), special, bosId, eosId);
  return {
    ...codec(completed, special, config, file, { leading, trailing }),
    bosId,
    eosId,
    eosIds: new Set([...ids.eosIds, ...(eosId === null ? [] : [eosId])]),
    prefixTokenId: bosId ?? eosId ?? ids.prefixTokenId,
    leading,
    trailing,
    specialTokens: special.named,
    chatTemplate: await readChatTemplate(directory, config),
  };
}

/** Apply `add_bos_token` and `add_eos_token`; a token that does not exist is not added. */
function affixesOf(
  stated: Affixes,
  { addBos, addEos }: SpecialTokens,
  bosId: number | null,
  eosId: number | null,
): Affixes {
  const only = (id: number | null, wanted: boolean) => (wanted && id !== null ? [id] : []);
  return {
    leading: addBos === null ? stated.leading : only(bosId, addBos),
    trailing: addEos === null ? stated.trailing : only(eosId, addEos),
  };
}

const decoderSchema = z.record(z.string(), z.looseObject({ content: z.string() }));

/**
 * All tokens that are matched whole in a text. tokenizer.json need not list those of `added_tokens_decoder`, and
 * special tokens that are ordinary entries of the vocabulary (old GPT-2 files). A special token without an id is left
 * out: transformers would give it a new one, for which the model has no embedding.
 */
function completeAddedTokens(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
  special: SpecialTokens,
): AddedToken[] {
  const known = new Set(json.added_tokens.map(({ content }) => content));
  const added = [...json.added_tokens];
  const add = (token: AddedToken) => {
    if (known.has(token.content)) return;
    known.add(token.content);
    added.push(token);
  };
  for (const [id, token] of Object.entries(decoderSchema.safeParse(config.added_tokens_decoder).data ?? {})) {
    add({ ...token, id: Number(id), special: token.special === true });
  }
  for (const content of [...Object.values(special.named), ...special.extra]) {
    const id = tokenIdOf(json, content);
    if (id !== null) add({ id, content, special: true, normalized: false });
  }
  return added;
}

function codec(
  json: TokenizerJson,
  special: SpecialTokens,
  config: Readonly<Record<string, unknown>>,
  file: string,
  { leading, trailing }: Affixes,
): Pick<Tokenizer, 'encode' | 'decode'> {
  const library = openLibrary(json, special, file);
  const names = new Set([...Object.values(special.named), ...special.extra]);
  const specialIds = new Set(
    json.added_tokens.filter((token) => token.special === true || names.has(token.content)).map(({ id }) => id),
  );
  const cleanUp = config.clean_up_tokenization_spaces === true && json.model.type !== 'BPE';
  return {
    encode(text, { addSpecialTokens }) {
      const found = library.encode(text, { add_special_tokens: false }).ids;
      const ids = found.filter((id) => id !== undefined);
      if (ids.length < found.length) {
        throw new UserError(
          `${file} has no token for a part of ${JSON.stringify(text.slice(0, 60))}`,
          'give text that the tokenizer can encode, or a tokenizer with an unk_token',
          { code: 'no-tokenizer' },
        );
      }
      return addSpecialTokens ? [...leading, ...ids, ...trailing] : ids;
    },
    decode(ids, { skipSpecialTokens }) {
      const shown = ids.filter(
        (id) => library.id_to_token(id) !== undefined && !(skipSpecialTokens && specialIds.has(id)),
      );
      // The library throws for an empty list.
      return shown.length === 0 ? '' : library.decode(shown, { clean_up_tokenization_spaces: cleanUp });
    },
  };
}

/**
 * The part of the library that is used. Its own types (0.2.0) are `any` under NodeNext, since they import without
 * extensions.
 */
interface Library {
  /** A word outside a vocabulary without unk_token has no id. */
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: ReadonlyArray<number | undefined> };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
}

/** The library gets only two keys of tokenizer_config.json: others have a different meaning there. */
function openLibrary(json: TokenizerJson, { named }: SpecialTokens, file: string): Library {
  const adapted = adaptForLibrary(json, file);
  const settings = { unk_token: json.model.unk_token ?? named.unk_token, eos_token: named.eos_token };
  try {
    return new LibraryTokenizer(adapted, settings);
  } catch (error) {
    throw new UserError(
      `${file} cannot be used: ${(error as Error).message}`,
      'score token ids, or serve the model and use --endpoint',
    );
  }
}
