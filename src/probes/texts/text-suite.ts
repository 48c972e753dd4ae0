import { sha256 } from '../../platform/files/index.ts';
import { builtinSuite } from '../suite.ts';

/** A text without a question: how likely it is, a model shows from its first token on. */
export interface PlainText {
  /** Its number in its file, or the id of the item whose prompt it is. */
  readonly id: string;
  readonly text: string;
}

/** Texts that are scored and not asked: no answer is right or wrong. */
export interface TextSuite {
  readonly name: string;
  /** Suites with the same name and digest have the same texts. */
  readonly digest: string;
  /** Null for a file. */
  readonly seed: number | null;
  readonly texts: readonly PlainText[];
  /** Texts of the whole file, of which `texts` may be a part. */
  readonly size: number;
  /** Whether a measurement may have anything by which a text could be guessed. */
  readonly kept: boolean;
}

/** Of a longer text, the beginning: the spread between texts shows how sure a mean is, and a long one is no better than several. */
export const MAX_TEXT_BYTES = 2000;

/** About 4,000 tokens of English, which take a small model five seconds. */
export const MAX_SUITE_BYTES = 15_000;

/** With fewer, the spread between them says too little. */
export const LEAST_TEXTS = 5;

/** What the texts of the built-in suite are called beside its questions. */
export const BUILTIN_TEXTS = 'builtin-texts';

/** Prompts of each family, and the levels that they are of: those of harder ones are longer. */
const PROMPTS = 10;
const LEVELS = 4;

/** Prompts of the benchmark forms of the built-in suite, by turns of its easier levels. The same seed gives the same ones on every machine. */
export function builtinTexts(seed: number): TextSuite {
  const { items, levels = [] } = builtinSuite(seed);
  const exams = items.filter(({ form }) => form === 'benchmark');
  const texts = levels.flatMap(({ family, count }) => {
    const own = Math.min(LEVELS, count);
    const byLevel = Array.from({ length: own }, (_, i) =>
      exams.filter((item) => item.family === family && item.level === i + 1),
    );
    const turns = Array.from({ length: PROMPTS }, (_, i) => byLevel[i % own]?.[Math.floor(i / own)]);
    return turns.flatMap((item) => (item ? [{ id: item.id, text: item.prompt }] : []));
  });
  return textSuite(BUILTIN_TEXTS, texts, { seed, kept: true });
}

/**
 * A suite of these texts: each once, long ones cut, and of many a sample, which every machine draws alike and in which few change if
 * some are added. Their order is that of the sample, so that the first ones are a sample too.
 */
export function textSuite(
  name: string,
  all: readonly PlainText[],
  { seed, kept }: Pick<TextSuite, 'seed' | 'kept'>,
): TextSuite {
  const known = new Set<string>();
  const different = all
    .map(({ id, text }) => ({ id, text: cutText(text) }))
    .filter(({ text }) => !known.has(text) && known.add(text) && text !== '');
  const keys = new Map(different.map(({ id, text }) => [id, sha256(text)]));
  const drawn = different.toSorted((a, b) => ((keys.get(a.id) ?? '') < (keys.get(b.id) ?? '') ? -1 : 1));
  let bytes = 0;
  const texts = drawn.filter(({ text }) => {
    const size = Buffer.byteLength(text);
    if (bytes + size > MAX_SUITE_BYTES) return false;
    bytes += size;
    return true;
  });
  return { name, digest: `sha256:${sha256(JSON.stringify(texts))}`, seed, texts, size: different.length, kept };
}

/** The beginning of a text, in whole characters. */
function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  // The first byte that is left out begins a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
