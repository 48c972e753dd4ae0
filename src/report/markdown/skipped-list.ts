import type { Report } from '../../compare/report.ts';
import { groupBy } from '../../platform/group-by.ts';
import { codeName, plainText } from '../escape.ts';
import { formatCount } from '../text/numbers.ts';

const MAX_REASONS = 20;
const MAX_NAMES = 20;

/** The tensors that were not measured, by reason. Empty where there is none. */
export function skippedList(skipped: Report['skipped']): string {
  const byReason = groupBy(skipped, ({ reason }) => reason);
  const items = [...byReason].slice(0, MAX_REASONS).map(([reason, tensors]) => {
    const shown = tensors
      .slice(0, MAX_NAMES)
      .map(({ name }) => codeName(name))
      .join(', ');
    const more = tensors.length > MAX_NAMES ? ` and ${tensors.length - MAX_NAMES} more` : '';
    return `- ${plainText(reason)}: ${shown}${more}`;
  });
  if (byReason.size > MAX_REASONS) items.push(`- and ${formatCount(byReason.size - MAX_REASONS, 'more reason')}`);
  return items.join('\n');
}
