import type { UserError } from '@shadow-gate/platform';
import { noTokenizer } from '../no-tokenizer.ts';
import { type GgufVocabulary, isToken, TOKEN_TYPES } from './vocabulary.ts';

/**
 * llama.cpp tokenizes by the GGUF file's vocabulary, whatever tokenizer.json is in it or next to it. A tokenizer.json
 * is used only if the ids agree. It must have all plain tokens; others, which a GGUF file can spell differently, may be
 * missing.
 * @throws UserError for a tokenizer.json with other tokens, or with an unreadable vocabulary
 */
export function expectSameTokens(
  { file: gguf, tokens, types }: GgufVocabulary,
  { name, json }: { readonly name: string; readonly json: unknown },
): void {
  const ids = idsOf(json);
  if (ids === null) throw refused(`${name} has no vocabulary that could be compared with that of ${gguf}`);
  const other = tokens.findIndex((token, id) => {
    if (!isToken(token, id)) return false;
    const found = ids.get(token);
    return found !== id && (found !== undefined || types[id] === TOKEN_TYPES.normal);
  });
  if (other < 0) return;
  throw refused(
    `${name} is the tokenizer of another model than ${gguf}: token ${other} of the latter is ${JSON.stringify(tokens[other])}`,
  );
}

/** Ids by text, of the vocabulary (an object or, for Unigram, a list of tokens with scores) and of the added tokens. */
function idsOf(json: unknown): ReadonlyMap<unknown, unknown> | null {
  const { model, added_tokens } = (json ?? {}) as {
    readonly model?: { vocab?: unknown } | null;
    added_tokens?: unknown;
  };
  const vocab = model?.vocab;
  if (typeof vocab !== 'object' || vocab === null) return null;
  const ids = new Map<unknown, unknown>(
    Array.isArray(vocab)
      ? vocab.map((entry, id) => [Array.isArray(entry) ? entry[0] : null, id] as const)
      : Object.entries(vocab),
  );
  for (const added of Array.isArray(added_tokens) ? added_tokens : []) {
    const { id, content } = (added ?? {}) as { readonly id?: unknown; readonly content?: unknown };
    ids.set(content, id);
  }
  return ids;
}

const refused = (problem: string): UserError =>
  noTokenizer(problem, 'put the tokenizer.json of the model next to the file');
