import type { Report } from '../gate/report.ts';
import { codeName, plainText } from './escape.ts';
import { formatCount } from './numbers.ts';

const MAX_REASONS = 20;
const MAX_NAMES = 20;

/** The tensors that were not measured, by reason. Empty where there is none. */
export function skippedList(skipped: Report['skipped']): string {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of skipped) {
    const names = byReason.get(reason);
    if (names === undefined) byReason.set(reason, [name]);
    else names.push(name);
  }
  const items = [...byReason].slice(0, MAX_REASONS).map(([reason, names]) => {
    const shown = names.slice(0, MAX_NAMES).map(codeName).join(', ');
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
    return `- ${plainText(reason)}: ${shown}${more}`;
  });
  if (byReason.size > MAX_REASONS) items.push(`- and ${formatCount(byReason.size - MAX_REASONS, 'more reason')}`);
  return items.join('\n');
}
