import type { FindingKind } from '../../compare/finding.ts';
import type { AppliedSettings } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { type RuleGroup, ruleRow } from '../text/rule-row.ts';

type Title = RuleGroup['title'];

/** In the order of the report. */
const TITLES: readonly Title[] = ['Probes', 'Spectra', 'How the model is used', 'Drift over scheduled checks'];

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

/** `10 rules: 8 within their limits, 1 beyond, 1 with nothing to judge`. */
export function groupSummary({ rows }: RuleGroup): string {
  const within = rows.filter(({ mark }) => mark === 'pass').length;
  const idle = rows.filter(({ mark }) => mark === null).length;
  const noted = rows.filter(({ mark }) => mark === 'info').length;
  const beyond = rows.length - within - idle - noted;
  const parts = [
    ...(beyond > 0 ? [`${beyond} beyond`] : []),
    ...(noted > 0 ? [`${noted} with a note`] : []),
    ...(within > 0 ? [`${within} within`] : []),
    ...(idle > 0 ? [`${idle} with nothing to judge`] : []),
  ];
  return parts.join(', ');
}
