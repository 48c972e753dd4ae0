import { sha256 } from '@shadow-gate/platform/files';
import type { ProbeItem } from '../item.ts';
import { builtinSuite, type Suite } from '../suite.ts';

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
  /**
   * False for one that is read with the built-in questions, unlisted: a measurement has no list of its tokens, and a
   * side that lacks it, such as a server, is no finding.
   */
  readonly isListed: boolean;
}

/** Longer texts are cut: the spread between texts shows how sure a mean is. */
export const MAX_TEXT_BYTES = 2000;

/** About 4,000 tokens of English, which take a small model five seconds. */
export const MAX_SUITE_BYTES = 15_000;

/** With fewer, the spread between them says too little. */
export const LEAST_TEXTS = 5;

/** Name of the suite of the built-in texts. */
export const BUILTIN_TEXTS = 'builtin-texts';

/** Clusters that are prose, from one level to another, and how many texts of each are taken. */
const PROSE = [
  { cluster: 'facts · cloze', from: 1, to: 7, texts: 12 },
  { cluster: 'word-problems · exam', from: 4, to: 7, texts: 5 },
  { cluster: 'transitive-ordering · exam', from: 4, to: 7, texts: 5 },
  { cluster: 'records · exam', from: 1, to: 5, texts: 3 },
] as const;

/**
 * Statements and stories of the built-in suite, without the examples before them: a damaged model can still copy what
 * is said again. The same seed gives the same ones on every machine.
 * @param options `suite`: the built-in suite of that seed, if it is drawn already
 */
export function builtinTexts(
  seed: number,
  {
    isListed,
    suite: { items } = builtinSuite(seed),
  }: Pick<TextSuite, 'isListed'> & { readonly suite?: Suite | undefined },
): TextSuite {
  const texts = PROSE.flatMap(({ cluster, from, to, texts: most }) =>
    Array.from({ length: to - from + 1 }, (_, i) =>
      items
        .filter((item) => item.cluster === cluster && item.level === from + i)
        .slice(0, most)
        .map((item) => ({ id: item.id, text: proseOf(item) })),
    ).flat(),
  );
  return textSuite(BUILTIN_TEXTS, texts, { seed, kept: true, isListed });
}

/** A statement with its end, or a story with the question that it leads to where that is a part of it. */
function proseOf({ prompt, question }: ProbeItem): string {
  const last = prompt.slice(prompt.lastIndexOf('\n\n') + 2);
  const [text = '', ...asked] = last.split(/\n(?:Question|Answer):/);
  if (asked.length > 0 || question.kind !== 'choice') return text.replace(/^Question: /, '');
  return `${text} ${question.choices[question.answer]}.`;
}

/**
 * A suite of these texts: each once, long ones cut, and of many a sample that is the same everywhere and changes little
 * if some are added. It is in the order of the sample, so that its beginning is one too.
 */
export function textSuite(
  name: string,
  all: readonly PlainText[],
  { seed, kept, isListed = true }: Pick<TextSuite, 'seed' | 'kept'> & Partial<Pick<TextSuite, 'isListed'>>,
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
  return {
    name,
    digest: `sha256:${sha256(JSON.stringify(texts))}`,
    seed,
    texts,
    size: different.length,
    kept,
    isListed,
  };
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
