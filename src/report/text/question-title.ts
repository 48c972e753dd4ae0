import type { ShownItem } from './probe-items.ts';

/** Characters of a title; the item has the whole prompt. */
const LENGTH = 120;

/** A line with an option, or one that only asks for the answer. */
const OPTION = /^\(?[A-J]\s?[).:]\s/;
const LABEL = /^\P{P}{0,20}[:：]$/u;
const INLINE_OPTIONS = /([?？؟])\s+\(?A\s?[).:]\s.*$/;
const INLINE_LABEL = /\s+(?:answer|a)\s?:$/i;
const HEAD = /^(?:question|q)\s?:\s*/i;

/**
 * The question of a fact, in one line: the last line with a question mark in the first known prompt (the exam's), since
 * examples precede the question; else the last line that is neither an option nor a label such as `Answer:`. Null if no
 * text is disclosed.
 */
export function questionTitle(items: readonly Pick<ShownItem, 'prompt'>[]): string | null {
  const prompt = items.find((item) => item.prompt !== null)?.prompt ?? '';
  const lines = prompt.split(/\r?\n/).map((line) => line.trim());
  const own = lines.filter((line) => line !== '' && !OPTION.test(line) && !LABEL.test(line));
  const line = own.findLast((text) => /[?？؟]/.test(text)) ?? own.at(-1) ?? lines.findLast((text) => text !== '');
  if (line === undefined) return null;
  const title = line.replace(HEAD, '').replace(INLINE_OPTIONS, '$1').replace(INLINE_LABEL, '') || line;
  return title.length <= LENGTH ? title : `${title.slice(0, LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;
}
