import { type Finding, type FindingKind, type FindingOf, type Level, SEVERITY } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';
import { type Phrase, phrase } from './phrase.ts';

/** A rule of the policy, its limit, and how the candidate stands. */
export interface RuleRow {
  readonly check: Phrase;
  /** Its entry in docs/reference/findings.md. */
  readonly finding: FindingKind;
  readonly limit: string;
  /** Level of a change beyond the limit. */
  readonly level: string;
  /** `info`: there is a note, which decides nothing. Null: nothing was judged. */
  readonly mark: Verdict | Level | null;
  readonly stands: Phrase;
  readonly findings: readonly Finding[];
}

export interface RuleGroup {
  readonly title: 'Probes' | 'Spectra' | 'How the model is used' | 'Drift over scheduled checks' | 'Benchmarks';
  readonly rows: readonly RuleRow[];
}

/** A rule as the words of its finding have it. */
export interface ShownRule<K extends FindingKind> extends Pick<RuleRow, 'check' | 'limit' | 'level'> {
  readonly group: RuleGroup['title'];
  /** Other kinds of findings that count. */
  readonly also?: readonly FindingKind[];
  /** Only some findings of its kind are its own. */
  readonly isOwn?: (finding: FindingOf<K>) => boolean;
  /** Reason why it judged nothing; null if it did. By default, that of its group. */
  readonly missing?: string | null;
  /** The number that it judged, if there is one. */
  readonly value?: Phrase | null;
  /** How the candidate stands, if findings do not tell. */
  readonly judged?: Pick<RuleRow, 'mark' | 'stands'>;
}

export function ruleRow<K extends FindingKind>(kind: K, rule: ShownRule<K>, report: Report): RuleRow {
  const { check, limit, level, also = [], isOwn = () => true, value, judged } = rule;
  const { missing = MISSING[rule.group]?.(report) ?? null } = rule;
  const { findings } = report;
  const own = findings.filter((finding) => (isOf(finding, kind) ? isOwn(finding) : also.includes(finding.kind)));
  const row = { check, finding: kind, limit, level, findings: own };
  if (judged) return { ...row, ...judged };
  const grave = own.filter(({ level }) => level !== 'info');
  if (own.length === 0 && missing !== null) return { ...row, mark: null, stands: phrase`${missing}` };
  const count = phrase`${own.length === 0 ? 'no finding' : formatCount(own.length, grave.length === 0 ? 'note' : 'finding')}`;
  const stands = value ? (own.length === 0 ? value : phrase`${value}; ${count}`) : count;
  return { ...row, mark: own.some(isNote) && grave.length === 0 ? 'info' : worstOf(grave), stands };
}

function isOf<K extends FindingKind>(finding: Finding, kind: K): finding is FindingOf<K> {
  return finding.kind === kind;
}

/** A proven merge is what its rule asks for. */
const isNote = ({ kind }: Finding): boolean => kind !== 'merge-proven';

function worstOf(grave: readonly Finding[]): Verdict {
  const levels = grave.map(({ level }) => level);
  const worst = SEVERITY.find((level) => levels.includes(level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}

/** Reason why a check of weights judged nothing; null if it did. */
export const missingWeights = ({ tensors }: Report): string | null =>
  tensors.length === 0 ? 'no weights were measured' : null;

/** Reason why a check of probes judged nothing; null if it did. */
export function missingProbes({ probes, baseline, findings }: Report): string | null {
  if (probes === null) return 'no probes were answered';
  if (baseline === null) return 'there is no baseline';
  if (probes.comparison.rows[0]?.twin.baseline == null) return 'the baseline has no answers to the same probes';
  return findings.some(({ kind }) => kind === 'too-few-facts') ? 'too few facts were asked' : null;
}

const MISSING: Readonly<Partial<Record<RuleGroup['title'], (report: Report) => string | null>>> = {
  Probes: missingProbes,
  Spectra: missingWeights,
  Benchmarks: ({ benchmarks }) => (benchmarks?.length ? null : 'nothing could be compared'),
};
