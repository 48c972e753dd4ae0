import type { FindingKind } from '../../compare/finding.ts';
import type { AppliedSettings } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { type RuleGroup, type RuleRow, ruleRow } from '../text/rule-row.ts';

/** In the order of the report. */
const TITLES = ['Probes', 'Spectra', 'How the model is used', 'Drift over scheduled checks'] as const;

/** Every rule of the policy with its limit and how the candidate stands; empty for reports of version 0.2. */
export function ruleGroups(report: Report): RuleGroup[] {
  const { applied, benchmarks } = report;
  if (applied === undefined) return [];
  const kinds = Object.keys(FINDING_WORDS) as FindingKind[];
  const rows = kinds.flatMap((kind) => rowsOf(kind, report, applied.settings));
  return (benchmarks === null ? TITLES : (['Benchmarks'] as const)).map((title) => ({
    title,
    rows: rows.filter(({ group }) => group === title),
  }));
}

function rowsOf<K extends FindingKind>(kind: K, report: Report, settings: AppliedSettings) {
  const rules = FINDING_WORDS[kind].rule?.(report, settings) ?? [];
  return [rules].flat().map((rule) => ({ ...ruleRow(kind, rule, report), group: rule.group }));
}

/** `1 beyond, 8 within, 1 with nothing to judge`. */
export function groupSummary({ rows }: RuleGroup): string {
  const count = (wanted: RuleRow['mark']) => rows.filter(({ mark }) => mark === wanted).length;
  const [within, noted, idle] = [count('pass'), count('info'), count(null)];
  const parts = [
    { size: rows.length - within - noted - idle, words: 'beyond' },
    { size: noted, words: 'with a note' },
    { size: within, words: 'within' },
    { size: idle, words: 'with nothing to judge' },
  ];
  return parts.flatMap(({ size, words }) => (size > 0 ? [`${size} ${words}`] : [])).join(', ');
}
