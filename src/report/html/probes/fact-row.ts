import type { ItemTable, StoredFact } from '../../../compare/probes/index.ts';
import { type Html, html, lines } from '../../render/html/html.ts';
import { formatNumber, NO_NUMBER } from '../../text/numbers.ts';
import {
  answerMark,
  FLIPS,
  marginChangeText,
  movedMark,
  promptNote,
  questionTitle,
  type ShownAnswer,
  type ShownItem,
  shownItems,
} from '../../text/probe-items.ts';

interface RowOptions {
  readonly table: ItemTable;
  /** There are several suites. */
  readonly namesSuite: boolean;
  readonly anchor: string;
}

/**
 * A row of the list of items: the question, marks of both forms, and both with their prompts in a fold. End tags are
 * left out, as HTML allows, since there are thousands. The script that filters and sorts reads the `data-` attributes:
 * part, items as `form:baseline candidate` (1: right), and the changes of both margins. The anchor is within the fold,
 * so that a browser opens it for a link.
 */
export function factRow(fact: StoredFact, { table, namesSuite, anchor }: RowOptions): Html {
  const items = shownItems(fact, table);
  const [exams, twins] = [items.filter(isOf(table, true)), items.filter(isOf(table, false))];
  const [examChange, twinChange] = [leastChange(exams), leastChange(twins)];
  const part = table.parts[fact.part];
  const names = [...(namesSuite ? [part?.suite ?? ''] : []), part?.capability ?? '', part?.family ?? ''];
  const flip = fact.flip === undefined ? null : html`<b class="flip">${FLIPS[fact.flip]}</b> `;
  return html`<tr data-p="${fact.part}" data-i="${codesOf(items)}"${data('b', examChange)}${data('t', twinChange)}${fact.flip ? FLIP : null}>
<th scope="row">${flip}${questionTitle(items) ?? fact.id}
<td>${marks(exams)}<td>${marks(twins)}<td>${marginChangeText(examChange)}<td>${marginChangeText(twinChange)}
<td><details><summary><code>${fact.id}</code> ${[...new Set(names)].join(' · ')}</summary><div class="cards" id="${anchor}">${items.map(card)}</div></details>
`;
}

const FLIP = html` data-flip`;

const data = (key: 'b' | 't', change: number | null): Html | null =>
  change === null ? null : html` data-${key}="${Number(change.toPrecision(4))}"`;

/** Selects exams, or all other forms. */
function isOf({ forms }: ItemTable, isExam: boolean) {
  return ({ form }: ShownItem): boolean => {
    const own = forms[form]?.form ?? '';
    return (own === 'benchmark' || own === 'benchmark-text') === isExam;
  };
}

/** The one that fell most. */
function leastChange(items: readonly ShownItem[]): number | null {
  const changes = items.flatMap(({ marginChange }) => marginChange ?? []);
  return changes.length === 0 ? null : Math.min(...changes);
}

const codesOf = (items: readonly ShownItem[]): string =>
  items
    .map(({ form, baseline, candidate }) => `${form}:${baseline === null ? '-' : bit(baseline)}${bit(candidate)}`)
    .join(' ');

const bit = ({ isRight }: Pick<ShownAnswer, 'isRight'>): string => (isRight ? '1' : '0');

/** The script adds words by class. */
function marks(items: readonly ShownItem[]): Html {
  if (items.length === 0) return html`${NO_NUMBER}`;
  const one = (item: ShownItem) => {
    const { baseline, candidate, isAside, shortName } = item;
    const state = `${baseline === null ? '' : bit(baseline)}${bit(candidate)}`;
    const name = shortName === '' ? null : html`<i>${shortName}</i> `;
    return html`<span${isAside ? ASIDE : null}>${name}<b class="m${state}">${movedMark(item)}</b></span> `;
  };
  return html`${items.map(one)}`;
}

const ASIDE = html` class="aside"`;

function card(item: ShownItem): Html {
  const { name, isAside, prompt, right, baseline, candidate } = item;
  const asked = prompt === null ? html`<p class="note">${promptNote(item)}` : html`<pre>${lines(prompt)}</pre>`;
  return html`<div><h4>${name}${isAside ? html` <small>takes no part in tests</small>` : null}</h4>${right === null ? null : html`${asked}<p>correct <code>${shown(right)}</code>`}${baseline ? answerLine('baseline', baseline) : null}${answerLine('candidate', candidate)}</div>`;
}

/** @param answer without a margin if that is unknown */
export function answerLine(
  side: 'baseline' | 'candidate',
  answer: Omit<ShownAnswer, 'margin'> & { readonly margin?: number },
): Html {
  const given = answer.given === null ? null : html` <code>${shown(answer.given)}</code>`;
  const margin = answer.margin === undefined ? null : html` <small>margin ${formatNumber(answer.margin)}</small>`;
  return html`<p><b class="m${bit(answer)}">${answerMark(answer)}</b> ${side}${given}${margin}`;
}

const shown = (text: string): string => (text === '' ? 'nothing' : text);
