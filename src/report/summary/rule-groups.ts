import { groupBy } from '@shadow-gate/platform';
import { type Finding, type FindingKind, SEVERITY } from '../../compare/finding.ts';
import type { AppliedSettings } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { plain } from '../text/phrase.ts';
import { type RuleGroup, type RuleRow, ruleRow } from '../text/rule-row.ts';
import { isNotJudged } from './row-marks.ts';

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

/** Area and name are the same in every run under one policy. */
export interface JudgedCheck {
  readonly area: 'probes' | 'spectra' | 'model' | 'trend' | 'benchmarks' | 'comparison';
  readonly name: string;
  /** Its findings, the worst first. */
  readonly findings: readonly Finding[];
  /** Why the check could not judge; null if it did. */
  readonly notJudged: string | null;
}

const AREAS: Readonly<Record<RuleGroup['title'], JudgedCheck['area']>> = {
  Probes: 'probes',
  Spectra: 'spectra',
  'How the model is used': 'model',
  'Drift over scheduled checks': 'trend',
  Benchmarks: 'benchmarks',
};

/** Rules, and findings that no rule made: each finding is in one, so the worst level is that of the verdict. */
export function judgedChecks(report: Report): JudgedCheck[] {
  const rules = ruleGroups(report).flatMap(({ title, rows }) =>
    rows.map((row) => ruleCheck(AREAS[title], row, report)),
  );
  const claimed = new Set(rules.flatMap(({ findings }) => findings));
  const kinds = report.findings.filter((finding) => !claimed.has(finding)).map(kindCheck);
  return [...groupBy([...rules, ...kinds], ({ area, name }) => `${area} ${name}`).values()].flatMap(asOne);
}

function ruleCheck(area: JudgedCheck['area'], { check, mark, stands, findings }: RuleRow, report: Report): JudgedCheck {
  const isHalf = area === 'probes' || area === 'spectra' || area === 'benchmarks';
  const open = isHalf && isNotJudged(report, area) ? 'the comparison is inconclusive' : null;
  return { area, name: plain(check), findings, notJudged: mark === null ? plain(stands) : open };
}

function kindCheck(finding: Finding): JudgedCheck {
  const { title, about, isGap } = FINDING_WORDS[finding.kind];
  const area = about === 'itself' || about === 'everything' ? 'comparison' : about;
  return { area, name: title, findings: [finding], notJudged: isGap ? 'something was not measured' : null };
}

function asOne(checks: readonly JudgedCheck[]): JudgedCheck[] {
  const found = new Set(checks.flatMap(({ findings }) => findings));
  const findings = SEVERITY.flatMap((level) => [...found].filter((finding) => finding.level === level));
  const judged = checks.find(({ notJudged }) => notJudged === null);
  return [judged ?? checks[0]].flatMap((check) => (check ? [{ ...check, findings }] : []));
}
