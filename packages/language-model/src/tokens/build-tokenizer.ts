import { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { renderChat } from './chat/chat-template.ts';
import { buildParts, RECIPES } from './classes/built-classes.ts';
import { fixMistralRegex } from './classes/mistral-regex.ts';
import { type BuiltClass, tokenizerClass } from './classes/transformers-class.ts';
import type { ModelTokenIds } from './model-token-ids.ts';
import { noTokenizer } from './no-tokenizer.ts';
import { cleanUpSpaces } from './pipeline/clean-up-spaces.ts';
import { buildPipeline, type Pipeline } from './pipeline/pipeline.ts';
import { type Affixes, readAffixes } from './pipeline/post-processor.ts';
import { anyArray, anyObject, type JsonObject } from './read-part.ts';
import { listAddedTokens, readSpecialTokens, type SpecialTokenSources } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import { expectBounded, maxRendered, maxTokens, withinLimits } from './within-limits.ts';

/** The contents of tokenizer.json and the files next to it, before a tokenizer is built from them. */
export interface TokenizerFiles {
  /** The path of tokenizer.json, for errors. */
  readonly file: string;
  readonly text: string;
  /** Were there only vocab.json and merges.txt? Then the text is a tokenizer.json with nothing but a model. */
  readonly fromVocabulary?: boolean;
  /** tokenizer_config.json, `{}` if there is none. */
  readonly config: JsonObject;
  /** special_tokens_map.json. */
  readonly map: JsonObject | null;
  /** added_tokens.json, in old checkpoints. */
  readonly addedTokens?: JsonObject | null;
  /** `model_type` of config.json. */
  readonly modelType: string | null;
  /** `tokenizer_class` of config.json. */
  readonly modelTokenizerClass?: string | null;
  /** `transformers_version` of config.json, null if it has none. */
  readonly savedWith?: string | null;
  readonly ids: ModelTokenIds;
  readonly chatTemplate: string | null;
}

/**
 * The tokenizer of these files, as transformers' AutoTokenizer opens it. Its regular expressions, normalizers and
 * templates come from the checkpoint: run it where it can be stopped (open-tokenizer.ts).
 * @throws UserError for files of something else, or of a tokenizer that is not known exactly
 */
export function buildTokenizer(files: TokenizerFiles): Tokenizer {
  const { file, config, map, ids, chatTemplate } = files;
  const json = parseTokenizerJson(files.text, file);
  if (config.split_special_tokens === true) {
    throw noTokenizer(
      `${file}: split_special_tokens of tokenizer_config.json is not supported`,
      'score token ids, or serve the model and use --endpoint',
    );
  }
  const built = classOf(files);
  const sources = { config, map, built, padToken: json.padding?.pad_token ?? null };
  const special = readSpecialTokens(sources);
  const pipeline = withinLimits(`${file} cannot be used`, () => pipelineOf(json, sources, files));
  const idOf = (name: string) => pipeline.idOf(special.named[name] ?? '') ?? null;
  const bosId = idOf('bos_token');
  const eosId = idOf('eos_token');
  const { leading, trailing } = files.fromVocabulary
    ? wantedAffixes(config, bosId, eosId)
    : affixesOf(readAffixes(json.post_processor, file), built, bosId);
  return {
    ...codec(pipeline, { file, cleanUp: cleansUp(json, config), leading, trailing }),
    bosId,
    eosId,
    eosIds: new Set([...ids.eosIds, ...(eosId === null ? [] : [eosId])]),
    ...(ids.eosIds.size === 0 ? {} : { statedEosIds: ids.eosIds }),
    prefixTokenId: bosId ?? eosId ?? ids.prefixTokenId,
    leading,
    trailing,
    specialTokens: special.named,
    chatTemplate,
    renderChat(messages, options) {
      const { where } = options;
      if (chatTemplate === null) {
        throw noTokenizer(
          `${where}: the checkpoint has no default chat template`,
          'add the chat_template of the model',
        );
      }
      const rendered = renderChat(messages, { ...options, template: chatTemplate, specialTokens: special.named });
      if (rendered.length <= maxRendered(messages)) return rendered;
      throw noTokenizer(
        `${where}: the chat template writes ${rendered.length} characters`,
        'fix the chat_template of the checkpoint',
      );
    },
  };
}

function classOf({ file, text, config, modelType, modelTokenizerClass }: TokenizerFiles): BuiltClass | null {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  const autoMap = config.auto_map;
  const mapped = autoMap as { readonly AutoTokenizer?: unknown } | null | undefined;
  return tokenizerClass({
    file,
    stated: textOf(config.tokenizer_class),
    statedByModel: modelTokenizerClass ?? null,
    modelType,
    ownCode: Array.isArray(autoMap) || (mapped?.AutoTokenizer ?? null) !== null,
    byteLevel: text.includes('"ByteLevel"'),
  });
}

/** @throws Error for a part that is not known exactly */
function pipelineOf(json: TokenizerJson, sources: SpecialTokenSources, files: TokenizerFiles): Pipeline {
  const { built, config } = sources;
  const ofFile = json.added_tokens.map(({ id, ...token }) => [id, token] as const);
  const added = listAddedTokens(sources, ofFile, files.addedTokens ?? null);
  const { model, normalizer, pre_tokenizer, decoder } = json;
  const unkToken = readSpecialTokens(sources).named.unk_token ?? null;
  const parts =
    built === null ? { model, normalizer, pre_tokenizer, decoder } : buildParts(built, model, config, unkToken);
  const fixed = fixMistralRegex(parts.pre_tokenizer, {
    wanted: config.fix_mistral_regex === true,
    size: Object.keys(model.vocab).length + added.length,
    modelType: files.modelType,
    savedWith: files.savedWith,
  });
  return buildPipeline({ ...parts, pre_tokenizer: fixed, added });
}

/** The Rust library opens no file that lacks one of these. */
const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean(),
  normalized: z.boolean(),
  single_word: z.boolean(),
  lstrip: z.boolean(),
  rstrip: z.boolean(),
});

/** The outer shape; the parts read their own. The vocabulary is too large to check each entry here. */
const schema = z.looseObject({
  model: z.looseObject({ vocab: z.union([anyObject, anyArray]) }),
  padding: z.looseObject({ pad_token: z.string().optional() }).nullish(),
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
type TokenizerJson = z.infer<typeof schema>;

/** @throws UserError for text that is not the JSON of a `tokenizers` tokenizer */
function parseTokenizerJson(text: string, file: string): TokenizerJson {
  const parsed = validate(schema, parseJson(text, { name: file, hint: 'restore the file' }));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  const key = path.map(String).join('.') || 'the file';
  throw new UserError(`${file} is not a tokenizer: ${key}: ${message}`, 'save the tokenizer again with transformers');
}

/** Some classes make their own post-processor. In transformers 5, tokenizer.json overrides `add_bos_token`. */
function affixesOf(stated: Affixes, built: BuiltClass | null, bosId: number | null): Affixes {
  const around = built === null ? undefined : RECIPES[built].around;
  if (around === undefined) return stated;
  return { leading: around === 'bos' && bosId !== null ? [bosId] : [], trailing: [] };
}

/** Without a tokenizer.json, `add_bos_token` and `add_eos_token` are followed. */
function wantedAffixes(config: JsonObject, bosId: number | null, eosId: number | null): Affixes {
  const only = (id: number | null, wanted: unknown) => (wanted === true && id !== null ? [id] : []);
  return { leading: only(bosId, config.add_bos_token), trailing: only(eosId, config.add_eos_token) };
}

/** Does transformers build this class from vocab.json and merges.txt? */
export function buildsFromVocabulary(files: TokenizerFiles): boolean {
  const built = classOf(files);
  return built !== null && RECIPES[built].fromFiles === true;
}

/** `clean_up_tokenization_spaces` is ignored for BPE, unless a second setting insists. */
function cleansUp({ model }: TokenizerJson, config: JsonObject): boolean {
  if (config.clean_up_tokenization_spaces !== true) return false;
  const insists = config.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output === true;
  return insists || !(model.type === 'BPE' || 'merges' in model);
}

function codec(
  pipeline: Pipeline,
  { file, cleanUp, leading, trailing }: Affixes & { readonly file: string; readonly cleanUp: boolean },
): Pick<Tokenizer, 'encode' | 'decode' | 'spell'> {
  return {
    encode(text, { addSpecialTokens }) {
      const ids = withinLimits(`${file} cannot encode a text of ${text.length} characters`, () =>
        pipeline.encode(text),
      );
      if (ids.length > maxTokens(text)) {
        throw noTokenizer(
          `${file} makes ${ids.length} tokens of a text of ${text.length} characters`,
          'use the tokenizer that belongs to the checkpoint',
        );
      }
      return addSpecialTokens ? [...leading, ...ids, ...trailing] : ids;
    },
    decode(ids, { skipSpecialTokens }) {
      return withinLimits(`${file} cannot decode ${ids.length} tokens`, () => {
        const text = expectBounded(pipeline.decode(ids, { skipSpecialTokens }));
        return cleanUp ? cleanUpSpaces(text) : text;
      });
    },
    spell: (sequences) =>
      withinLimits(`${file} cannot spell ${sequences.length} texts`, () =>
        sequences.map((ids) => expectBounded(pipeline.spell(ids))),
      ),
  };
}
