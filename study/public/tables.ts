import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Estimate, Table } from '../results.ts';
import type { OlmoPair, OlmoResults } from './results.ts';

const minus = (text: string) => text.replace('-', '−');
const points = (share: number) => `${share > 0 ? '+' : ''}${minus((100 * share).toFixed(1))}`;

/** Other people's results: `study/public`. */
export function publicTables(folder: string, table: Table): Record<'olmo' | 'olmo-calibration', string> {
  const path = join(folder, 'olmo3-7b.json');
  if (!existsSync(path)) return { olmo: '', 'olmo-calibration': '' };
  const { pairs, calibration }: OlmoResults = JSON.parse(readFileSync(path, 'utf8'));
  const { splits, verdicts, noChange, bootstrap } = calibration;
  const counts = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  const share = ({ inside, of }: { readonly inside: number; readonly of: number }) =>
    `${((100 * inside) / of).toFixed(1)}% of ${of.toLocaleString('en-US')}`;
  return {
    olmo: table(
      ['candidate', 'baseline', 'verdict', 'seen', 'unseen', 'shadow delta', 'transfer, log-odds', 'findings'],
      pairs.map((pair) => [
        pair.candidate,
        pair.baseline,
        `**${pair.verdict}**`,
        changeOf(pair, 'seen'),
        changeOf(pair, 'unseen'),
        interval(pair.delta, points),
        interval(pair.transfer, (ratio) => minus(ratio.toFixed(2))),
        pair.findings.map((kind) => `\`${kind}\``).join(', ') || '–',
      ]),
    ),
    'olmo-calibration': table(
      ['what', 'result'],
      [
        [`two halves of the samples of one model, ${splits} splits: verdicts`, counts.join(', ')],
        ['the same: 95% intervals that have 0', share(noChange)],
        ...bootstrap.map((own) => [
          `${own.items} of the 250 items, drawn with replacement: 95% intervals that have the change of all`,
          share(own),
        ]),
      ],
    ),
  };
}

function changeOf({ rows }: OlmoPair, suite: string): string {
  const { change = null } = rows.find((row) => row.suite === suite) ?? {};
  return change === null ? '–' : `${points(change.value)} ± ${(100 * (change.stderr ?? 0)).toFixed(1)}`;
}

function interval(estimate: Estimate | null, show: (value: number) => string): string {
  if (estimate === null) return '–';
  const end = (value: number | null, open: string) => (value === null ? open : show(value));
  return `${show(estimate.value)} (${end(estimate.lower, '−∞')} to ${end(estimate.upper, '∞')})`;
}
