import { groupBy } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { type Block, fold, section } from '../document/block.ts';
import { ofName } from '../text/metric-names.ts';
import { formatCount } from '../text/numbers.ts';
import { joinPhrases, name, type Phrase, phrase, prose } from '../text/phrase.ts';
import { screeningWords } from '../text/screening.ts';
import { weightOf } from './weights.ts';

const MOST_REASONS = 20;
const MOST_NAMES = 20;

export function skippedFold({ skipped }: Report): Block {
  const reasons = [...groupBy(skipped, ({ reason }) => reason)];
  const more = reasons.length - MOST_REASONS;
  const lines = reasons
    .slice(0, MOST_REASONS)
    .map(([reason, tensors]) => phrase`${prose(reason)}: ${listed(tensors.map((tensor) => tensor.name))}`);
  return section(weightOf('unmeasured'), [
    fold(`${formatCount(skipped.length, 'tensor')} not measured`, [
      itemsOf([...lines, ...(more > 0 ? [phrase`and ${formatCount(more, 'more reason')}`] : [])]),
    ]),
  ]);
}

/** Matrices that were only screened, and those that were then measured in full. */
export function screenedFold(report: Report): Block {
  const words = screeningWords(report);
  if (words === null) return section(weightOf('unmeasured'), []);
  const { sentence, screened, completed } = words;
  const names = screened.map((tensor) => `${tensor.name} (${ofName(tensor.of)})`);
  return section(weightOf('unmeasured'), [
    fold(`${formatCount(screened.length, 'matrix', 'matrices')} screened`, [
      { kind: 'line', words: sentence },
      itemsOf([
        ...(names.length === 0 ? [] : [phrase`only screened: ${listed(names)}`]),
        ...completed.map((group) => phrase`measured in full because of ${group.why}: ${listed(group.names)}`),
      ]),
    ]),
  ]);
}

const itemsOf = (lines: readonly Phrase[]): Block => ({
  kind: 'list',
  items: lines.map((words) => ({ kind: 'item', words })),
  total: lines.length,
});

function listed(names: readonly string[]): Phrase {
  const shown = joinPhrases(names.slice(0, MOST_NAMES).map((own) => [name(own)]));
  return names.length > MOST_NAMES ? [...shown, ` and ${names.length - MOST_NAMES} more`] : shown;
}
