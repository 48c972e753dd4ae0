import type { Level } from '../../compare/finding.ts';
import type { Verdict } from '../../compare/report.ts';
import type { Phrase } from '../text/phrase.ts';

/** The media that a document is drawn for. */
type Medium = 'comment' | 'terminal' | 'page';

/** Words of ours, or a phrase with foreign parts. */
export type Words = string | Phrase;

/** The same words everywhere, or different ones in each medium. */
type Varied = Words | Readonly<Record<Medium, Words>>;

type Mark = Level | Verdict;

export type TableCell =
  | Words
  | { readonly kind: 'marked'; readonly mark: Mark; readonly words: Words }
  /** Names of a whole and its part; `isWhole`: the row sums others up. */
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
  /** If a terminal is too narrow for the table, the line names this column. */
  readonly isNamed?: true;
  /** Only for terminals of at least 100 columns and other media, or only for narrower terminals. */
  readonly width?: 'wide' | 'narrow';
  /** In a terminal, words wrap at this width. */
  readonly wrap?: number;
}

/** In a terminal narrower than `below`, heads or cells of numbers have a line break in place of `at`. */
export interface Break {
  readonly below: number;
  readonly at: RegExp;
}

/** A table; drawn as nothing if it has no rows. */
export interface Table {
  readonly kind: 'table';
  readonly title: string;
  /** Title of its fold on a page, if it says more. */
  readonly foldTitle?: string;
  /** Comments and terminals show the title above the table; a page has it in a heading or a fold. */
  readonly isTitled?: true;
  /** Its fold on a page is open. */
  readonly isOpen?: true;
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<readonly TableCell[]>;
  /** Number of rows, if `rows` has only some of them. */
  readonly total?: number;
  /** Rows to show at most; a page shows 200 by default. */
  readonly most?: Partial<Record<Medium, number>>;
  /** A comment keeps it narrow enough for a phone: short names, and units may wrap below their numbers. */
  readonly isNarrow?: true;
  /** How hidden rows are counted; null: not at all, or by a note. */
  readonly rest?: 'more row' | null;
  /** @param more rows that are left out */
  readonly notes?: (more: number, medium: Medium) => readonly Words[];
  /** Sentences of their own: above the notes in a comment, below them elsewhere. */
  readonly remarks?: readonly Phrase[];
  /** In a terminal, the first rows become columns. */
  readonly isTurned?: true;
  /**
   * The first column of a terminal takes the room that the others leave, between these widths. A narrow table with less
   * room is drawn in lines.
   */
  readonly room?: { readonly least: number; readonly most: number };
  readonly breaks?: { readonly heads?: readonly Break[]; readonly cells?: readonly Break[] };
}

/** Part of a document that is left out as a whole if it gets too long, lightest first. */
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
  /** Line of a list. */
  | { readonly kind: 'item'; readonly words: Words; readonly mark?: Mark }
  /** Sentences. In a terminal, a name has at most `length` characters. */
  | { readonly kind: 'notes'; readonly notes: readonly Words[]; readonly length?: number }
  /** Text of several lines that keeps its spaces. */
  | { readonly kind: 'code'; readonly text: string }
  /** Escaped text for one medium only, such as a Mermaid diagram. */
  | { readonly kind: 'drawn'; readonly text: string };

/** Columns of numbers, by their heads. */
export const numberColumns = (...heads: readonly string[]): Column[] => heads.map((head) => ({ head, isNumber: true }));

export const section = (weight: number, blocks: readonly Block[]): Section => ({ kind: 'section', weight, blocks });
export const fold = (title: Words, blocks: readonly Block[]): Block => ({ kind: 'fold', title, blocks });
export const drawn = (text: string): Block => ({ kind: 'drawn', text });

/** Sections of nearly equal weight, the last one lightest. */
export function series(weight: number, blocks: readonly Block[]): Section[] {
  return blocks.map((block, i) => section(inSeries(weight, i, blocks.length), [block]));
}

/** Weight of member `i` of a series: `weight` and a fraction. */
export const inSeries = (weight: number, i: number, length: number): number => weight + 1 - (i + 1) / (length + 1);

const MOST_ON_A_PAGE = 200;

/** The columns and rows of a table that a medium shows, and how many rows are left out. */
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

function inMedium(words: Varied, medium: Medium): Words {
  return typeof words === 'string' || isPhrase(words) ? words : words[medium];
}

function isPhrase(words: Exclude<Varied, string>): words is Phrase {
  return Array.isArray(words);
}

export const phraseOf = (words: Words): Phrase => (typeof words === 'string' ? [words] : words);
