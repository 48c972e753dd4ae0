import type { AccuracyRow, Estimate } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { shorten } from '../escape.ts';
import { percentDigits } from '../text/numbers.ts';
import { formName } from '../text/twin-words.ts';

/** Characters of the scale from 0 to 100%: a line of a phone has about 40, with a label and a number next to it. */
const SCALE = 24;
const LABEL = 10;
/** Characters of a name, which has a line of its own. */
const LONGEST_NAME = 36;
const MOST_GROUPS = 12;

/**
 * Accuracies with their intervals as text, two lines for each form:
 *
 *     exam
 *       baseline ················├──█─┤···  73.1
 *
 * It uses only characters that fonts of one width have. It has foreign names: escape it as a block of code. Empty
 * without accuracies.
 */
export function intervalChart({ probes }: Report): string {
  const rows = (probes?.accuracies ?? []).filter(({ form }) => form === 'benchmark' || form === 'twin');
  const scopes = [...new Set(rows.map(scopeOf))];
  const lines = scopes.slice(0, MOST_GROUPS).flatMap((scope) => {
    const own = rows.filter((row) => scopeOf(row) === scope);
    return [nameOf(own[0]), ...own.flatMap(linesOf), ''];
  });
  const more = scopes.length - MOST_GROUPS;
  if (more > 0) lines.push(`and ${more} more in report.json`);
  return lines.length === 0 ? '' : [axis(), ...lines].join('\n').trimEnd();
}

const scopeOf = ({ suite, capability }: AccuracyRow): string => JSON.stringify([suite, capability]);

function nameOf(row: AccuracyRow | undefined): string {
  const parts = [row?.suite, row?.capability].filter((part) => part !== null && part !== undefined);
  return shorten(parts.length === 0 ? 'all' : parts.join(' · ').replace(/\s+/g, ' '), LONGEST_NAME);
}

function linesOf({ form, kind, baseline, candidate }: AccuracyRow): string[] {
  const name = form === 'benchmark' ? 'exam' : formName(form, kind);
  return [
    `  ${name}`,
    ...(baseline === null ? [] : [`  ${'baseline'.padEnd(LABEL)}${dotAndWhisker(baseline)}`]),
    `  ${'candidate'.padEnd(LABEL)}${dotAndWhisker(candidate)}`,
  ];
}

const axis = (): string => `${' '.repeat(2 + LABEL)}0${'100%'.padStart(SCALE - 1)}`;

/** A value between the ends of its interval, all shares of 1. */
function dotAndWhisker({ value, lower, upper }: Estimate): string {
  const place = (share: number) => Math.min(SCALE - 1, Math.max(0, Math.floor(share * SCALE)));
  const [from, at, to] = [place(lower ?? 0), place(value), place(upper ?? 1)];
  const cells = Array.from({ length: SCALE }, (_, i) => {
    if (i === at) return '█';
    if (i < from || i > to) return '·';
    if (i === from) return '├';
    return i === to ? '┤' : '─';
  });
  return `${cells.join('')} ${percentDigits(value).padStart(5)}`;
}
