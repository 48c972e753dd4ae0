import { groupBy } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { codeName, plainText } from '../escape.ts';
import { ofName } from '../text/metric-names.ts';
import { formatCount } from '../text/numbers.ts';
import { screeningWords } from '../text/screening.ts';

const MAX_REASONS = 20;
const MAX_NAMES = 20;

/** The tensors that were not measured, by reason. Empty where there is none. */
export function skippedList(skipped: Report['skipped']): string {
  const byReason = groupBy(skipped, ({ reason }) => reason);
  const items = [...byReason].slice(0, MAX_REASONS).map(([reason, tensors]) => {
    return `- ${plainText(reason)}: ${listed(tensors.map(({ name }) => name))}`;
  });
  if (byReason.size > MAX_REASONS) items.push(`- and ${formatCount(byReason.size - MAX_REASONS, 'more reason')}`);
  return items.join('\n');
}

/** What was screened, in one sentence and a list. Null where nothing was. */
export function screenedList(report: Report): { readonly summary: string; readonly body: string } | null {
  const words = screeningWords(report);
  if (words === null) return null;
  const { sentence, screened, completed } = words;
  const names = screened.map(({ of, name }) => `${name} (${ofName(of)})`);
  const items = [
    ...(names.length === 0 ? [] : [`- only screened: ${listed(names)}`]),
    ...completed.map((group) => `- measured in full because of ${group.why}: ${listed(group.names)}`),
  ];
  return {
    summary: `${formatCount(screened.length, 'matrix', 'matrices')} screened`,
    body: [sentence, items.join('\n')].join('\n\n'),
  };
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return (
    names
      .slice(0, MAX_NAMES)
      .map((name) => codeName(name))
      .join(', ') + more
  );
}
