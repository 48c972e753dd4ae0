import { bytesToLetters, tokenizerOfTekken } from '@shadow-gate/language-model/tokens';
import { FolderFiles } from '@shadow-gate/platform/files';
import { isObject } from '@shadow-gate/platform/json';
import { BESIDE_TOKENIZER } from '../schema/behavior.ts';
import { digestFile, type Folder, isUnreadable, type Json, namesIn, readFolderJson, readFolderText } from './files.ts';
import { PieceType, readSentencePieces, type SentencePieces } from './sentence-pieces.ts';

/** tokenizer.json, with `added_tokens_decoder` of tokenizer_config.json. */
interface Known {
  /** Tokens of the model, without added ones. */
  readonly ids: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, string>;
  readonly added: ReadonlyMap<string, number>;
  readonly addedIds: ReadonlySet<number>;
  /** Null for a model without merges. */
  readonly merges: readonly string[] | null;
  /** Log-probabilities by id; null for a model without them. */
  readonly scores: readonly number[] | null;
  /** `precompiled_charsmap` of the normalizer. */
  readonly rewriting: ReadonlySet<string>;
  /** Patterns that the pre_tokenizer splits texts by. */
  readonly patterns: ReadonlySet<string>;
}

/** The first thing that a file says otherwise; null if there is none, or no file. */
type Compare = (directory: FolderFiles, known: Known, name: string) => Promise<string | null>;

const COMPARED: ReadonlyArray<readonly [file: RegExp, compare: Compare]> = [
  [/^vocab\.json$/, compareVocabulary],
  [/^merges\.txt$/, compareMerges],
  // Mistral's have a version.
  [/^tokenizer\.model(\.v\d.*)?$/, comparePieces],
  [/^added_tokens\.json$/, compareAdded],
  [/^tekken\.json$/, compareTekken],
];

/**
 * Files next to a tokenizer.json that contradict it, with digests and first differences. Tokenizers in Python, slow
 * modes of servers, llama.cpp's converter and, with Mistral's own weights, vLLM read them instead.
 * @param decoder `added_tokens_decoder` of tokenizer_config.json
 */
export async function besideTokenizer(folder: Folder, json: Json, decoder: unknown): Promise<Record<string, unknown>> {
  if (!(folder instanceof FolderFiles)) return {};
  let known: Known | null = null;
  const out: Record<string, unknown> = {};
  for (const name of (await namesIn(folder)).sort()) {
    const compare = COMPARED.find(([file]) => file.test(name))?.[1];
    const digest = compare ? await digestFile(folder, name) : null;
    if (!compare || digest === null) continue;
    known ??= knownOf(json, decoder);
    const difference = await compare(folder, known, name).catch(() => 'it cannot be read');
    if (difference === null) continue;
    out[name] = digest;
    out[`${name}${BESIDE_TOKENIZER}`] = difference;
  }
  return out;
}

function knownOf(json: Json, decoder: unknown): Known {
  const { vocab, merges, type } = objectOf(json.model);
  const rows = listOf(vocab) as ReadonlyArray<readonly unknown[] | null> | null;
  const entries = rows?.map((row, id): [string, number] => [String(row?.[0]), id]) ?? numbersOf(vocab);
  const listed = listOf(json.added_tokens)?.map(objectOf) ?? [];
  const stated = Object.entries(objectOf(decoder)).map(([id, token]): Json => ({ ...objectOf(token), id: Number(id) }));
  const added = [...listed, ...stated].map(({ id, content }): [string, number] => [String(content), Number(id)]);
  return {
    ids: new Map(entries),
    tokens: new Map(entries.map(([token, id]) => [id, token])),
    added: new Map(added),
    addedIds: new Set(added.map(([, id]) => id)),
    merges: listOf(merges)?.map((merge) => listOf(merge)?.join(' ') ?? String(merge)) ?? null,
    scores: (type === 'Unigram' && rows?.map((row) => Number(row?.[1]))) || null,
    rewriting: new Set(textsUnder('precompiled_charsmap', json.normalizer)),
    patterns: new Set(textsUnder('Regex', json.pre_tokenizer)),
  };
}

const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] | null => (Array.isArray(value) ? value : null);

const numbersOf = (value: unknown): Array<[string, number]> =>
  Object.entries(objectOf(value)).map(([key, id]) => [key, Number(id)]);

function textsUnder(wanted: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === wanted && typeof inner === 'string' ? [inner] : textsUnder(wanted, inner),
  );
}

async function jsonIn(directory: FolderFiles, name: string): Promise<Json> {
  const json = await readFolderJson(directory, name);
  if (json === null || isUnreadable(json)) throw new Error('no JSON object');
  return json;
}

async function compareVocabulary(directory: FolderFiles, known: Known): Promise<string | null> {
  // Other models have no loader that reads it.
  if (known.merges === null) return null;
  const own = new Map(numbersOf(await jsonIn(directory, 'vocab.json')));
  const missing = [...known.ids].find(([token]) => !own.has(token) && !known.added.has(token));
  return otherIds(own, known) ?? (missing ? described(missing[0], null, missing[1]) : null);
}

async function compareAdded(directory: FolderFiles, known: Known): Promise<string | null> {
  return otherIds(new Map(numbersOf(await jsonIn(directory, 'added_tokens.json'))), known);
}

function otherIds(own: ReadonlyMap<string, number>, { ids, added }: Known): string | null {
  for (const [token, id] of own) {
    if (ids.get(token) !== id && added.get(token) !== id)
      return described(token, id, added.get(token) ?? ids.get(token));
  }
  return null;
}

/** Characters of a token that a difference shows. */
const SHOWN = 20;

function described(token: string, own: number | null, other: number | undefined): string {
  const state = (id: number | null | undefined) => (id === null || id === undefined ? 'absent' : String(id));
  return `${JSON.stringify(token.slice(0, SHOWN))} is ${state(own)}, not ${state(other)}`;
}

async function compareMerges(directory: FolderFiles, { merges }: Known): Promise<string | null> {
  if (merges === null) return null;
  const text = await readFolderText(directory, 'merges.txt');
  if (typeof text !== 'string') throw new Error('no text');
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  const length = Math.max(lines.length, merges.length);
  const place = Array.from({ length }, (_, i) => i).find((i) => lines[i] !== merges[i]);
  return place === undefined
    ? null
    : `merge ${place + 1} of ${merges.length} is ${lines[place]?.slice(0, SHOWN) ?? 'absent'}`;
}

/**
 * Ranks and the pattern decide how texts are cut. Special tokens are compared where the file lists them: names that are
 * only assumed differ from those in the tokenizer.json that Mistral publishes with it.
 */
async function compareTekken(directory: FolderFiles, known: Known): Promise<string | null> {
  const text = await readFolderText(directory, 'tekken.json');
  if (typeof text !== 'string') throw new Error('no text');
  const own = objectOf(JSON.parse(tokenizerOfTekken(text, 'tekken.json').text));
  const listed = objectOf(JSON.parse(text)).special_tokens;
  const special = listOf(own.added_tokens)?.length ?? 0;
  const isAssumed = (id: number) => id < special && id >= (listOf(listed)?.length ?? 0);
  const vocabulary = numbersOf(objectOf(own.model).vocab);
  for (const [token, id] of vocabulary) {
    if (isAssumed(id) || known.tokens.get(id) === token || known.added.get(token) === id) continue;
    return described(token, id, known.added.get(token) ?? known.ids.get(token));
  }
  const further = [...known.ids].find(([, id]) => id >= vocabulary.length && !known.addedIds.has(id));
  if (further) return described(further[0], null, further[1]);
  return textsUnder('Regex', own.pre_tokenizer).some((pattern) => !known.patterns.has(pattern))
    ? 'it splits texts by another pattern'
    : null;
}

/** Compares SentencePiece's file or, under the same name, tiktoken's: a line per token, in base64, with its id. */
async function comparePieces(directory: FolderFiles, known: Known, name: string): Promise<string | null> {
  const bytes = await directory.bytes(name);
  if (bytes === null) return null;
  if (bytes.length > MOST_BYTES) throw new Error('too large');
  // A message begins with the number of a field.
  return bytes[0] === 0x0a ? comparePiecesOf(readSentencePieces(name, bytes), known) : compareRanks(bytes, known);
}

/** The largest known has 5 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

function compareRanks(bytes: Buffer, { ids }: Known): string | null {
  for (const line of bytes.toString('latin1').split('\n').filter(Boolean)) {
    const [token = '', rank] = line.trim().split(' ');
    const letters = bytesToLetters(Buffer.from(token, 'base64'));
    if (ids.get(letters) !== Number(rank)) return described(letters, Number(rank), ids.get(letters));
  }
  return null;
}

function comparePiecesOf({ pieces, rewriting }: SentencePieces, known: Known): string | null {
  if (rewriting.some((map) => !known.rewriting.has(map))) return 'it rewrites characters';
  // Added tokens take the place of pieces for every loader.
  for (const [id, piece] of pieces.entries()) {
    const token = known.tokens.get(id);
    // transformers writes Gemma's byte of a tab as the tab.
    const isTab = piece.type === PieceType.byte && piece.text === '<0x09>' && token === '\t';
    if (known.addedIds.has(id) || token === piece.text || isTab) continue;
    return described(piece.text, id, known.ids.get(piece.text));
  }
  const further = [...known.ids].find(([, id]) => id >= pieces.length && !known.addedIds.has(id));
  if (further) return described(further[0], null, further[1]);
  return otherScores(pieces, known);
}

/** Runs of spaces have a score of their own in files of Llama and Mistral, and their merges no place. */
const SPACES = /^\u2581+$/;

/** Scores decide how texts are cut: as such, or as the order of the merges that make the pieces. */
function otherScores(pieces: SentencePieces['pieces'], { ids, merges, scores }: Known): string | null {
  const isScored = ({ type, text }: SentencePieces['pieces'][number]) =>
    type === PieceType.normal && !SPACES.test(text);
  if (scores) {
    const place = pieces.findIndex(
      (piece, id) => isScored(piece) && piece.score !== Math.fround(scores[id] ?? Number.NaN),
    );
    return place < 0 ? null : `${JSON.stringify(pieces[place]?.text.slice(0, SHOWN))} has another score`;
  }
  let last = Number.POSITIVE_INFINITY;
  for (const merge of merges ?? []) {
    const piece = pieces[ids.get(merge.replace(' ', '')) ?? -1];
    if (piece === undefined || !isScored(piece)) continue;
    if (piece.score > last) return `${JSON.stringify(piece.text.slice(0, SHOWN))} is merged earlier`;
    last = piece.score;
  }
  return null;
}
