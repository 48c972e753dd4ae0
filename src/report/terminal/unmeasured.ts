import type { Measurement } from '../../measure/schema/measurement.ts';
import { groupBy } from '../../platform/group-by.ts';
import { printable } from '../escape.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import type { TerminalOptions } from './table.ts';
import { wrap } from './wrap.ts';

/** Most reasons and, for each, names that are printed: --json has all. */
const [MAX_REASONS, MAX_NAMES] = [20, 10] as const;
const INDENT = '  ';

/** What has no row in the table of `shadow-gate spectra`: vectors by their number, skipped tensors by reason and name. */
export function renderUnmeasured(
  { vectors, skipped }: Pick<Measurement, 'vectors' | 'skipped'>,
  { width }: Pick<TerminalOptions, 'width'>,
): string {
  const lines: string[] = [];
  if (vectors.length > 0) {
    lines.push(`${formatCount(vectors.length, 'vector has', 'vectors have')} no spectrum (norm weights, biases).`);
  }
  if (skipped.length > 0) lines.push(skippedSentence(skipped));
  const byReason = [...groupBy(skipped, ({ reason }) => reason)];
  for (const [reason, tensors] of byReason.slice(0, MAX_REASONS)) {
    const names = tensors.slice(0, MAX_NAMES).map(({ name }) => printable(name, NAME_LENGTH));
    const more = tensors.length > MAX_NAMES ? ` and ${formatInteger(tensors.length - MAX_NAMES)} more` : '';
    lines.push(...hanging(`${printable(reason)}: ${names.join(', ')}${more}`, width));
  }
  if (byReason.length > MAX_REASONS) {
    lines.push(`${INDENT}and ${formatCount(byReason.length - MAX_REASONS, 'more reason')}: see --json`);
  }
  return lines.join('\n');
}

const NAME_LENGTH = 120;

function skippedSentence(skipped: Measurement['skipped']): string {
  const parameters = skipped.reduce((sum, { parameters = 0 }) => sum + parameters, 0);
  const size = parameters === 0 ? 'no parameters' : formatCount(parameters, 'parameter');
  return `${formatCount(skipped.length, 'tensor was', 'tensors were')} skipped, with ${size}:`;
}

function hanging(text: string, width: number): string[] {
  const [first = '', ...rest] = wrap(text, width - 2 * INDENT.length);
  return [`${INDENT}${first}`, ...rest.map((line) => `${INDENT}${INDENT}${line}`)];
}
