import type { GgufMetadata } from '@shadow-gate/checkpoints/formats';
import { parseJson } from '@shadow-gate/platform/json';
import { noTokenizer } from '../no-tokenizer.ts';
import { anyObject, type JsonObject } from '../read-part.ts';
import { expectSameTokens } from './same-tokens.ts';
import { isKnownKind, isWholeToken, isWithoutBos, type TokenizerParts, tokenizerParts } from './tokenizer-parts.ts';
import {
  damagedGguf,
  type GgufVocabulary,
  isToken,
  type NamedToken,
  readGgufVocabulary,
  TOKEN_TYPES,
} from './vocabulary.ts';

/** A GGUF file's tokenizer, as the files of a Hugging Face folder. */
export interface GgufTokenFiles {
  readonly 'tokenizer.json': JsonObject;
  readonly 'tokenizer_config.json': JsonObject;
  readonly 'generation_config.json': JsonObject;
}

/** @returns null if the file has no tokenizer @throws UserError, by name, for an unknown tokenizer */
export function ggufTokenFiles(metadata: GgufMetadata): GgufTokenFiles | null {
  const vocabulary = readGgufVocabulary(metadata);
  if (vocabulary === null) return null;
  // Other programs tokenize by the vocabulary, even if there is a tokenizer.json.
  const original = isKnownKind(vocabulary) ? null : originalJson(metadata, vocabulary);
  return { 'tokenizer.json': original ?? jsonOf(vocabulary), ...ggufTokenSettings(metadata, vocabulary) };
}

function jsonOf(vocabulary: GgufVocabulary): JsonObject {
  const parts = tokenizerParts(vocabulary);
  const { model, normalizer, pre_tokenizer, decoder } = parts;
  return {
    version: '1.0',
    added_tokens: addedTokens(vocabulary, parts),
    normalizer,
    pre_tokenizer,
    post_processor: postProcessor(vocabulary, parts),
    decoder,
    model,
  };
}

/** Settings other than the vocabulary: chat templates, and special tokens by name and id. */
export function ggufTokenSettings(
  metadata: GgufMetadata,
  vocabulary: GgufVocabulary,
): Pick<GgufTokenFiles, 'tokenizer_config.json' | 'generation_config.json'> {
  const templates = chatTemplates(metadata);
  const withoutBos = isWithoutBos(vocabulary);
  const special = new Map(
    vocabulary.tokens.flatMap((token, id) => (isWholeToken(vocabulary.types[id]) ? [[id, token] as const] : [])),
  );
  const named = Object.entries(vocabulary.named)
    .filter(([name]) => !(withoutBos && name === 'bos_token'))
    .map(([name, id]) => [name, vocabulary.tokens[id]]);
  const texts = templates.map(({ template }) => template);
  const { bos_token: bos, pad_token: pad } = vocabulary.named;
  return {
    'tokenizer_config.json': {
      ...Object.fromEntries(named),
      ...(templates.length === 0 ? {} : { chat_template: templates }),
    },
    'generation_config.json': {
      ...(bos === undefined || withoutBos ? {} : { bos_token_id: bos }),
      eos_token_id: [...new Set([...vocabulary.ends, ...endsOfTurns(special, texts)])],
      ...(pad === undefined ? {} : { pad_token_id: pad }),
    },
  };
}

/** The model's own tokenizer.json, which some converters keep. @throws UserError if it has other tokens */
function originalJson(metadata: GgufMetadata, vocabulary: GgufVocabulary): JsonObject | null {
  const text = metadata.string('tokenizer.huggingface.json');
  if (text === null) return null;
  const name = `${metadata.file}: tokenizer.huggingface.json`;
  const hint = 'convert the model again with a current release of llama.cpp';
  const parsed = anyObject.safeParse(parseJson(text, { name, hint }));
  if (!parsed.success) throw noTokenizer(`${name} is not an object`, hint);
  expectSameTokens(vocabulary, { name, json: parsed.data });
  return parsed.data;
}

/** The default template, and others by name. */
function chatTemplates(metadata: GgufMetadata): Array<{ readonly name: string; readonly template: string }> {
  const prefix = 'tokenizer.chat_template';
  return metadata.keys().flatMap((key) => {
    if (key !== prefix && !key.startsWith(`${prefix}.`)) return [];
    const template = metadata.string(key);
    return template === null ? [] : [{ name: key.slice(prefix.length + 1) || 'default', template }];
  });
}

/** Tokens that are matched as a whole before all others. */
function addedTokens({ types, architecture, model }: GgufVocabulary, { tokens }: TokenizerParts): JsonObject[] {
  const isPhi3 = architecture === 'phi3' && model === 'llama';
  return tokens.flatMap((content, id) => {
    const type = types[id];
    if (!(isWholeToken(type) || type === TOKEN_TYPES.unknown) || !isToken(content, id)) return [];
    const special = type !== TOKEN_TYPES.userDefined;
    const rstrip = isPhi3 && !PHI_3_PLAIN.has(content);
    return [{ id, content, single_word: false, lstrip: false, rstrip, normalized: false, special }];
  });
}

/** All other added tokens of Phi-3 take the spaces after them, which a GGUF file does not say. */
const PHI_3_PLAIN = new Set(['<unk>', '<s>', '<|endoftext|>']);

/** @throws UserError if a BOS or EOS has to be added, but does not exist */
function postProcessor(vocabulary: GgufVocabulary, { tokens, addBos }: TokenizerParts): JsonObject {
  const { file, named } = vocabulary;
  const special = (name: NamedToken, wanted: boolean) => {
    if (!wanted) return [];
    const id = named[name];
    if (id !== undefined) return [{ id, text: tokens[id] ?? '' }];
    throw damagedGguf(file, `its tokenizer adds a ${name} to texts, and has none`);
  };
  const before = special('bos_token', addBos);
  const after = special('eos_token', vocabulary.addEos === true);
  const piece = ({ text }: { readonly text: string }) => ({ SpecialToken: { id: text, type_id: 0 } });
  const all = [...before, ...after].map(({ id, text }) => [text, { id: text, ids: [id], tokens: [text] }]);
  return {
    type: 'TemplateProcessing',
    single: [...before.map(piece), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(piece)],
    pair: [],
    special_tokens: Object.fromEntries(all),
  };
}

/** Tokens that end a turn (llama.cpp, src/llama-vocab.cpp, `special_eog_ids`): a GGUF file often has only EOS. */
const TURN_ENDS = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '<turn|>',
  '<EOT>',
]);

/** In formats with `<|return|>`, `<|end|>` ends a message, but not the turn. */
const RETURN = '<|return|>';
const MESSAGE_END = '<|end|>';

/** The ids of end tokens that the templates write. @param special tokens that are matched as a whole, by id */
function endsOfTurns(special: ReadonlyMap<number, string>, templates: readonly string[]): number[] {
  const texts = new Set(special.values());
  return [...special].flatMap(([id, token]) => {
    if (!TURN_ENDS.has(token) || (token === MESSAGE_END && texts.has(RETURN))) return [];
    return templates.some((template) => template.includes(token)) ? [id] : [];
  });
}
