import { MODULE_TYPES } from '../../checkpoint/module-type.ts';
import type { Reason } from '../../compare/finding.ts';
import { codeName, plainText } from '../escape.ts';
import { formatTolerance, formatValues } from '../text/verdict.ts';
import { ICONS, metricName } from '../text/words.ts';

const OUR_PLACES: ReadonlySet<string> = new Set(['model', '', ...MODULE_TYPES]);

/** A reason's message as running text, with the name of its tensor as code. */
export function messageMarkdown(reason: Reason): string {
  const { message, place } = reason;
  const at = OUR_PLACES.has(place) ? -1 : message.indexOf(place);
  if (at < 0) return plainText(message);
  const before = message.slice(0, at);
  const after = message.slice(at + place.length);
  return [before && plainText(before), codeName(place), after && plainText(after)].join('');
}

/** One item of the list: metric, place, both values, tolerance; then the message, unless it was said above. */
export function reasonItem(reason: Reason, options: { message: boolean }): string {
  const where = reason.place === 'model' || reason.place === '' ? 'whole model' : codeName(reason.place);
  const facts = [
    // A tag, because `**` does not close after a blank or a bracket, and a metric of a foreign report may end in one.
    `<b>${plainText(metricName(reason.metric))}</b>`,
    where,
    formatValues(reason, codeName),
    formatTolerance(reason.tolerance, plainText),
  ];
  const line = `- ${ICONS[reason.level]} ${facts.filter((fact) => fact !== '').join(' · ')}`;
  return options.message && reason.message !== '' ? `${line}<br>${messageMarkdown(reason)}` : line;
}
