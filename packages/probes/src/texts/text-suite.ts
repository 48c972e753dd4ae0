import { sha256 } from '@shadow-gate/platform/files';
import type { ProbeItem } from '../item.ts';
import { builtinSuite, type Suite } from '../suite.ts';

/** A text without a question, scored from its first token on. */
export interface PlainText {
  /** Number in its file, or the id of the item with this prompt. */
  readonly id: string;
  readonly text: string;
}

export interface TextSuite {
  readonly name: string;
  /** Suites with the same name and digest have the same texts. */
  readonly digest: string;
  /** Null for a file. */
  readonly seed: number | null;
  readonly texts: readonly PlainText[];
  /** Number of texts in the whole file, of which `texts` may be a part. */
  readonly size: number;
  /** Whether a measurement may have anything that lets someone guess a text. */
  readonly kept: boolean;
  /** False if read with the built-in questions: its tokens are not measured, and a side without it is no finding. */
  readonly isListed: boolean;
}

/** Longer texts are cut: the spread between texts shows how sure a mean is. */
export const MAX_TEXT_BYTES = 2000;

/** About 4,000 tokens of English, which take a small model five seconds. */
export const MAX_SUITE_BYTES = 15_000;

/** With fewer, the spread between them says too little. */
export const LEAST_TEXTS = 5;

export const BUILTIN_TEXTS = 'builtin-texts';

/** Clusters of prose, their levels, and the number of texts to take from each level. */
const PROSE = [
  { cluster: 'facts · cloze', from: 1, to: 7, texts: 12 },
  { cluster: 'word-problems · exam', from: 4, to: 7, texts: 5 },
  { cluster: 'transitive-ordering · exam', from: 4, to: 7, texts: 5 },
  { cluster: 'records · exam', from: 1, to: 5, texts: 3 },
] as const;

/**
 * Statements and stories of the built-in suite, the same for a seed on every machine, without the examples before them:
 * a damaged model can still copy what is said again. `suite` is the suite of that seed, if already drawn.
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

/** A statement with its end, or a story, which may include its question. */
function proseOf({ prompt, question }: ProbeItem): string {
  const last = prompt.slice(prompt.lastIndexOf('\n\n') + 2);
  const [text = '', ...asked] = last.split(/\n(?:Question|Answer):/);
  if (asked.length > 0 || question.kind !== 'choice') return text.replace(/^Question: /, '');
  return `${text} ${question.choices[question.answer]}.`;
}

/**
 * A suite of these texts: each once, long ones cut, and a sample of many. The sample is the same everywhere, changes
 * little if texts are added, and each of its beginnings is a sample too.
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

function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  // The first byte that is left out begins a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
