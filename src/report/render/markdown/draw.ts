import { markdownTable } from 'markdown-table';
import {
  type Block,
  type Column,
  phraseOf,
  shownIn,
  type Table,
  type TableCell,
  type Words,
} from '../../document/block.ts';
import { codeBlock } from '../../escape.ts';
import { formatCount } from '../../text/numbers.ts';
import { ICONS } from '../../text/words.ts';
import { phraseMarkdown } from './phrase.ts';

/** A block as GitHub Markdown; empty if there is nothing to show. @param least lighter sections are left out */
export function drawMarkdown(block: Block, least = Number.NEGATIVE_INFINITY): string {
  const all = (blocks: readonly Block[]) => blocks.map((own) => drawMarkdown(own, least)).filter((part) => part !== '');
  switch (block.kind) {
    case 'section':
      return block.weight < least ? '' : all(block.blocks).join('\n\n');
    case 'fold':
      return details(wordsMarkdown(block.title), all(block.blocks));
    case 'list':
      return withRest(all(block.items), block.total);
    case 'row':
      return all(block.blocks).join(' · ');
    case 'drawn':
      return block.text;
    default:
      return drawnOnce(block);
  }
}

type Leaf = Extract<Block, { readonly kind: 'table' | 'line' | 'item' | 'notes' | 'code' }>;

/** A long report is drawn many times, until it fits. */
const cache = new WeakMap<Leaf, string>();

function drawnOnce(leaf: Leaf): string {
  const text = cache.get(leaf) ?? drawLeaf(leaf);
  cache.set(leaf, text);
  return text;
}

function drawLeaf(leaf: Leaf): string {
  switch (leaf.kind) {
    case 'table':
      return tableMarkdown(leaf);
    case 'line':
      return wordsMarkdown(leaf.words);
    case 'item':
      return `- ${leaf.mark === undefined ? '' : `${ICONS[leaf.mark]} `}${wordsMarkdown(leaf.words)}`;
    case 'notes':
      return small(leaf.notes);
    case 'code':
      return leaf.text === '' ? '' : codeBlock(leaf.text, { isWhole: true });
  }
}

const wordsMarkdown = (words: Words, options = {}): string => phraseMarkdown(phraseOf(words), options);

const small = (notes: readonly Words[]): string =>
  notes.length === 0 ? '' : `<sub>${notes.map((words) => wordsMarkdown(words)).join('<br>')}</sub>`;

function tableMarkdown(table: Table): string {
  const { title, isTitled, isNarrow = false, rest = 'more', notes, remarks = [] } = table;
  const { columns, isNumber, rows, more } = shownIn(table, 'comment');
  if (rows.length === 0 || columns.length === 0) return '';
  const cells = rows.map((row) => row.map((cell, i) => cellMarkdown(cell, isNumber[i] ?? false, isNarrow)));
  const align = isNumber.map((own) => (own ? 'r' : 'l'));
  return [
    isTitled ? `**${title}**` : '',
    markdownTable([columns.map(headMarkdown), ...cells], { align, alignDelimiters: false }),
    ...remarks.map((words) => wordsMarkdown(words)),
    small(notes?.(more, 'comment') ?? []),
    more > 0 && rest !== null
      ? `<sub>and ${rest === 'more' ? `${more} more` : formatCount(more, rest)} in report.json</sub>`
      : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const headMarkdown = ({ head, unit }: Pick<Column, 'unit'> & { readonly head: Words }): string =>
  unit === undefined ? wordsMarkdown(head) : `${wordsMarkdown(head)}, ${unit}`;

function cellMarkdown(cell: TableCell, isNumber: boolean, isNarrow: boolean): string {
  const shown = (words: Words) => wordsMarkdown(words, { narrow: isNarrow });
  if (typeof cell === 'string') return isNarrow ? cell.replaceAll('\u00a0', ' ') : cell;
  if (!('kind' in cell)) return shown(cell);
  switch (cell.kind) {
    case 'marked':
      return `${ICONS[cell.mark]} ${isNumber ? `**${shown(cell.words)}**` : shown(cell.words)}`;
    case 'path': {
      const names = cell.names.map(shown).join(' · ');
      return cell.isWhole ? `**${names}**` : names;
    }
    case 'part':
      return shown(cell.words);
    case 'lines':
      return cell.lines.join('<br>');
  }
}

function withRest(items: readonly string[], total: number): string {
  const more = total - items.length;
  if (more === 0) return items.join('\n');
  const rest = items.length === 0 ? formatCount(total, 'more finding') : `and ${more} more`;
  return [...items, `- ${rest} in report.json`].join('\n');
}

/** The blank lines make GitHub read Markdown inside a `<details>`. */
const details = (summary: string, body: readonly string[]): string =>
  body.length === 0 ? '' : `<details><summary>${summary}</summary>\n\n${body.join('\n\n')}\n\n</details>`;
