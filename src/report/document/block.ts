import type { Level } from '../../compare/finding.ts';
import type { Verdict } from '../../compare/report.ts';
import type { Phrase } from '../text/phrase.ts';

type Medium = 'comment' | 'terminal' | 'page';

/** Words of ours, or a phrase with foreign parts. */
export type Words = string | Phrase;

/** The same words everywhere, or different ones in each medium. */
type Varied = Words | Readonly<Record<Medium, Words>>;

type Mark = Level | Verdict;

export type TableCell =
  | Words
  | { readonly kind: 'marked'; readonly mark: Mark; readonly words: Words }
  /** Names of a whole and its part; `isWhole`: the row sums others up */
  | { readonly kind: 'path'; readonly names: readonly Words[]; readonly isWhole?: boolean }
  /** The name of a part, below its whole. */
  | { readonly kind: 'part'; readonly words: Words }
  | { readonly kind: 'lines'; readonly lines: readonly string[] };

export interface Column {
  readonly head: Varied;
  readonly unit?: string;
  /** Aligned right: in all media or in some. */
  readonly isNumber?: boolean | readonly Medium[];
  /** Media that show the column; all by default. */
  readonly media?: readonly Medium[];
  /** Lines that replace a table in a narrow terminal name this column. */
  readonly isNamed?: true;
  /** `narrow`: only for terminals below 100 columns; `wide`: for all others, and other media. */
  readonly width?: 'wide' | 'narrow';
  /** In a terminal, words wrap at this width. */
  readonly wrap?: number;
}

/** In a terminal narrower than `below`, a line break replaces `at` in heads or cells of numbers. */
export interface Break {
  readonly below: number;
  readonly at: RegExp;
}

/** Drawn as nothing without rows. */
export interface Table {
  readonly kind: 'table';
  readonly title: string;
  /** Title of its fold on a page, if it says more. */
  readonly foldTitle?: string;
  /** Comments and terminals show the title above the table. */
  readonly isTitled?: true;
  readonly isOpen?: true;
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<readonly TableCell[]>;
  /** Number of rows, if `rows` has only some of them. */
  readonly total?: number;
  /** Rows to show at most; a page shows 200 by default. */
  readonly most?: Partial<Record<Medium, number>>;
  /** In a comment it fits a phone: names are short, and units may wrap below their numbers. */
  readonly isNarrow?: true;
  /** The word for hidden rows; null: a note counts them, or nothing. */
  readonly rest?: 'more row' | null;
  /** @param more rows that are left out */
  readonly notes?: (more: number, medium: Medium) => readonly Words[];
  /** Sentences of their own: above the notes in a comment, below them elsewhere. */
  readonly remarks?: readonly Phrase[];
  /** In a terminal, the first rows become columns. */
  readonly isTurned?: true;
  /** In a terminal, bounds of the first column's width. A narrow table with less room is drawn in lines. */
  readonly room?: { readonly least: number; readonly most: number };
  readonly breaks?: { readonly heads?: readonly Break[]; readonly cells?: readonly Break[] };
}

/** If a document gets too long, its lightest sections are left out. */
interface Section {
  readonly kind: 'section';
  readonly weight: number;
  readonly blocks: readonly Block[];
}

export type Block =
  | Table
  | Section
  | { readonly kind: 'fold'; readonly title: Words; readonly blocks: readonly Block[] }
  /** Some of `total` things. */
  | { readonly kind: 'list'; readonly items: readonly Block[]; readonly total: number }
  /** Parts of one line. */
  | { readonly kind: 'row'; readonly blocks: readonly Block[] }
  | { readonly kind: 'line'; readonly words: Words }
  | { readonly kind: 'item'; readonly words: Words; readonly mark?: Mark }
  /** Sentences. In a terminal, a name has at most `length` characters. */
  | { readonly kind: 'notes'; readonly notes: readonly Words[]; readonly length?: number }
  /** Text of several lines that keeps its spaces. */
  | { readonly kind: 'code'; readonly text: string }
  /** Escaped text for one medium only, such as a Mermaid diagram. */
  | { readonly kind: 'drawn'; readonly text: string };

export const numberColumns = (...heads: readonly string[]): Column[] => heads.map((head) => ({ head, isNumber: true }));

export const section = (weight: number, blocks: readonly Block[]): Section => ({ kind: 'section', weight, blocks });
export const fold = (title: Words, blocks: readonly Block[]): Block => ({ kind: 'fold', title, blocks });
export const drawn = (text: string): Block => ({ kind: 'drawn', text });

/** Sections of nearly equal weight, the last one lightest. */
export const series = (weight: number, blocks: readonly Block[]): Section[] =>
  blocks.map((block, i) => section(inSeries(weight, i, blocks.length), [block]));

/** Weight of member `i` of a series: `weight` and a fraction. */
export const inSeries = (weight: number, i: number, length: number): number => weight + 1 - (i + 1) / (length + 1);

const MOST_ON_A_PAGE = 200;

/** The columns and rows that a medium shows, and the number of other rows. */
export function shownIn(
  { columns, rows, total = rows.length, most }: Table,
  medium: Medium,
  { isNarrow = false }: { readonly isNarrow?: boolean } = {},
) {
  const hidden = isNarrow ? 'wide' : 'narrow';
  const places = columns.flatMap(({ media, width }, i) =>
    width !== hidden && (media === undefined || media.includes(medium)) ? [i] : [],
  );
  const pick = <T>(all: readonly T[]): T[] => places.flatMap((i) => all.slice(i, i + 1));
  const shown = rows.slice(0, most?.[medium] ?? (medium === 'page' ? MOST_ON_A_PAGE : rows.length));
  return {
    columns: pick(columns).map((column) => ({ ...column, head: inMedium(column.head, medium) })),
    isNumber: pick(columns).map(({ isNumber = false }) =>
      typeof isNumber === 'boolean' ? isNumber : isNumber.includes(medium),
    ),
    rows: shown.map(pick),
    more: total - shown.length,
  };
}

const inMedium = (words: Varied, medium: Medium): Words =>
  typeof words === 'string' || isPhrase(words) ? words : words[medium];

const isPhrase = (words: Exclude<Varied, string>): words is Phrase => Array.isArray(words);

export const phraseOf = (words: Words): Phrase => (typeof words === 'string' ? [words] : words);
