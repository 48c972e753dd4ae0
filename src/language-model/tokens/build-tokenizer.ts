import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import { expectBounded, maxRendered, maxTokens, withinLimits } from './bounded-library.ts';
import { renderChat } from './chat-template.ts';
import type { ModelTokenIds } from './model-token-ids.ts';
import { type Affixes, readAffixes } from './post-processor.ts';
import { readSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import {
  type AddedToken,
  adaptForLibrary,
  parseTokenizerJson,
  type TokenizerJson,
  tokenIdOf,
} from './tokenizer-json.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the files beside a tokenizer.json say, as far as they could be read without working on them. */
export interface TokenizerFiles {
  /** The path of tokenizer.json, for errors, and its text. */
  readonly file: string;
  readonly text: string;
  /** tokenizer_config.json, `{}` if there is none. */
  readonly config: Json;
  /** special_tokens_map.json. */
  readonly map: Json | null;
  /** `model_type` of config.json. */
  readonly modelType: string | null;
  readonly ids: ModelTokenIds;
  readonly chatTemplate: string | null;
}

/**
 * The tokenizer of these files. Its regular expressions, normalizers and templates are those of the checkpoint: run it
 * where it can be stopped (open-tokenizer.ts).
 * @throws UserError for files that are not those of a tokenizer
 */
export function buildTokenizer({ file, text, config, map, modelType, ids, chatTemplate }: TokenizerFiles): Tokenizer {
  const json = parseTokenizerJson(text, file);
  const special = readSpecialTokens(config, { map, modelType, hasPostProcessor: json.post_processor !== null });
  const completed = { ...json, added_tokens: completeAddedTokens(json, config, special) };
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
    chatTemplate,
    renderChat(messages, options) {
      if (chatTemplate === null) {
        throw new UserError(
          `${options.where}: the checkpoint has no default chat template`,
          'add the chat_template of the model',
          { code: 'no-tokenizer' },
        );
      }
      const rendered = renderChat(messages, { ...options, template: chatTemplate, specialTokens: special.named });
      if (rendered.length <= maxRendered(messages)) return rendered;
      throw new UserError(
        `${options.where}: the chat template writes ${rendered.length} characters`,
        'fix the chat_template of the checkpoint',
        { code: 'no-tokenizer' },
      );
    },
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
      const found = withinLimits(`${file} cannot encode a text of ${text.length} characters`, () =>
        library.encode(text, { add_special_tokens: false }),
      ).ids;
      if (found.length > maxTokens(text)) {
        throw new UserError(
          `${file} makes ${found.length} tokens of a text of ${text.length} characters`,
          'use the tokenizer that belongs to the checkpoint',
          { code: 'no-tokenizer' },
        );
      }
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
      if (shown.length === 0) return '';
      const what = `${file} cannot decode ${shown.length} tokens`;
      return withinLimits(what, () => expectBounded(library.decode(shown, { clean_up_tokenization_spaces: cleanUp })));
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
  return withinLimits(`${file} cannot be used`, () => new LibraryTokenizer(adapted, settings));
}
