import type { Settings } from '../../../compare/applied-policy.ts';
import type { Report } from '../../../compare/report.ts';
import {
  formatEnds,
  formatLimit,
  formatPercent,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  formatRatio,
  pointsDigits,
} from '../numbers.ts';
import { type Phrase, phrase, term } from '../phrase.ts';
import { missingProbes, type RuleRow, rowOf } from '../rule-row.ts';

/** The checks of what the model answers. */
export function probeRows(report: Report, policy: Settings): RuleRow[] {
  const missing = missingProbes(report);
  const twins = policy['twin-accuracy'];
  const delta = policy['shadow-delta'];
  const { retention } = policy;
  const row = report.probes?.comparison.rows[0];
  const gain = leastTransfer(report);
  return [
    rowOf(report, {
      check: phrase`${term('twinAccuracy', 'Accuracy on twins')}, all and by capability`,
      finding: 'twin-accuracy',
      kinds: ['twin-accuracy', 'accuracy-loss', 'items-lost'],
      limit: `a loss of at most ${formatPointsLimit(twins.drop)}, ${formatPointsLimit(twins['capability-drop'])} in a capability (α = ${formatLimit(twins.alpha)})`,
      ...{ level: twins.level, missing, value: row?.twinChange ? pointsOf(row.twinChange) : null },
    }),
    rowOf(report, {
      check: phrase`A loss on twins is ruled out`,
      ...{ finding: 'twin-accuracy-unclear', kinds: ['twin-accuracy-unclear', 'not-informative', 'too-few-facts'] },
      limit: `one of ${formatPointsLimit(twins.margin)} can be seen`,
      ...{ level: 'inconclusive', missing },
    }),
    rowOf(report, {
      check: phrase`${term('transfer', 'Transfer')} of a gain of ${formatPointsLimit(delta['minimum-gain'])} or more, by suite and kind of twin`,
      ...{ finding: 'shadow-delta', kinds: ['shadow-delta'], level: delta.level, value: gain },
      limit: `at least ${formatLimit(delta['transfer-fail'])} (a warning below ${formatLimit(delta['transfer-warn'])}), or a shadow delta of at most ${formatPointsLimit(delta.margin)}`,
      missing: missing ?? (gain === null ? 'there is no such gain' : null),
    }),
    rowOf(report, {
      check: phrase`A gain is confirmed by more than other formats`,
      ...{ finding: 'gain-not-shown', kinds: ['gain-not-shown'], limit: 'other twins too', missing },
      level: delta['format-only'],
    }),
    rowOf(report, {
      check: phrase`${term('retention', 'Retention')} of answers with a probability of at least ${formatPercentLimit(retention.certain)}`,
      ...{ finding: 'retention', kinds: ['retention'], level: retention.level, missing },
      limit: `at least ${formatPercentLimit(retention.least)} kept, or possibly ${formatPercentLimit(retention.bound)}`,
      value: retentionOf(report),
    }),
    rowOf(report, {
      check: phrase`Letters were not memorized`,
      ...{
        finding: 'letters-memorized',
        kinds: ['letters-memorized', 'baseline-memorized', 'labels-not-bound'],
        missing,
      },
      ...{ limit: 'kept letters are no more than chance and habit', level: delta.level },
    }),
    rowOf(report, {
      check: phrase`${term('level', 'Level')} that each family reaches`,
      ...{
        finding: 'level-lost',
        kinds: ['level-lost'],
        limit: 'as high as the baseline',
        level: twins.level,
        missing,
      },
    }),
    rowOf(report, {
      check: phrase`Every ${term('capability', 'capability')} was judged`,
      ...{ finding: 'capability-not-judged', kinds: ['capability-not-judged'], level: 'inconclusive', missing },
      limit: policy.require === undefined ? 'all of the suites' : 'those of the policy',
    }),
    rowOf(report, {
      check: phrase`A warning of spectra and probes together`,
      ...{ finding: 'two-key', kinds: ['two-key'], limit: 'not both', level: policy['two-key'].level, missing },
    }),
  ];
}

function pointsOf(estimate: { value: number; lower: number | null; upper: number | null }): Phrase {
  return phrase`${formatPointsChange(estimate.value)} (${formatEnds(estimate, pointsDigits)})`;
}

/** The gain of which the least carries over to twins that decide. */
function leastTransfer({ probes }: Report): Phrase | null {
  const judged = (probes?.comparison.kinds ?? []).flatMap(({ role, transfer, delta }) =>
    role === 'decides' && transfer !== null ? [{ transfer, delta }] : [],
  );
  const [least] = judged.sort((a, b) => a.transfer.value - b.transfer.value);
  if (least === undefined) return null;
  const { transfer, delta } = least;
  const shadow = delta === null ? [] : phrase`, shadow delta ${pointsOf(delta)}`;
  return phrase`${formatRatio(transfer.value)} (${formatEnds(transfer, formatRatio)})${shadow}`;
}

function retentionOf({ probes }: Report): Phrase | null {
  const kept = probes?.comparison.retention ?? null;
  return kept && phrase`${formatPercent(kept.value)} (${formatEnds(kept, formatPercent)})`;
}
