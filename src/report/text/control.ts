import { CONTROL_LEVEL, type Control } from '../../gate/control.ts';
import { formatCount, formatInteger, formatPercent } from './numbers.ts';

/** Without a final period: `0 of 3 checks … are red (up to 63% …)`. */
export function controlSentence({ runs, red, upper }: Control): string {
  const [asked, changed] = [runs.map((run) => run.asked), runs.map((run) => run.changed)].map((counts) =>
    counts.reduce((sum, count) => sum + count, 0),
  );
  const kinds = [...new Set(runs.flatMap((run) => run.kinds))];
  const why = kinds.length === 0 ? '' : `: ${kinds.join(', ')}`;
  return `${red} of ${formatCount(runs.length, 'check')} of the model against itself, each with new questions, ${red === 1 ? 'is' : 'are'} red${why} (up to ${formatPercent(upper)} of all such checks may be, with ${formatPercent(CONTROL_LEVEL)} confidence); ${formatInteger(changed ?? 0)} of ${formatCount(asked ?? 0, 'answer')} changed`;
}
