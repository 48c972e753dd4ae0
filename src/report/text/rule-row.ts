import type { Finding, FindingKind, Level } from '../../compare/finding.ts';
import { SEVERITY } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { formatCount } from './numbers.ts';
import { type Phrase, phrase } from './phrase.ts';

/** A rule of the policy, its limit, and how the candidate stands. */
export interface RuleRow {
  readonly check: Phrase;
  /** Entry of docs/findings.md that explains it. */
  readonly finding: FindingKind;
  readonly limit: string;
  /** What a change beyond the limit is. */
  readonly level: string;
  /** `info`: there is a note, which decides nothing. Null: nothing was judged. */
  readonly mark: Verdict | Level | null;
  readonly stands: Phrase;
}

export interface RuleGroup {
  readonly title: string;
  readonly rows: readonly RuleRow[];
}

/** A check that is known by the findings it makes. */
export interface FoundCheck extends Pick<RuleRow, 'check' | 'finding' | 'limit' | 'level'> {
  readonly kinds: readonly FindingKind[];
  /** Only some findings of these kinds are its own. */
  readonly isOwn?: (finding: Finding) => boolean;
  /** Why it judged nothing; null: it did. */
  readonly missing: string | null;
  /** The number that it judged, if there is one. */
  readonly value?: Phrase | null;
}

export function rowOf(report: Report, { kinds, isOwn = () => true, missing, value, ...rest }: FoundCheck): RuleRow {
  const own = report.findings.filter((finding) => kinds.includes(finding.kind) && isOwn(finding));
  const grave = own.filter(({ level }) => level !== 'info');
  if (own.length === 0 && missing !== null) return { ...rest, mark: null, stands: phrase`${missing}` };
  const count = phrase`${own.length === 0 ? 'no finding' : formatCount(own.length, grave.length === 0 ? 'note' : 'finding')}`;
  const stands = value ? (own.length === 0 ? value : phrase`${value}; ${count}`) : count;
  return { ...rest, mark: own.some(isNote) && grave.length === 0 ? 'info' : worstOf(grave), stands };
}

/** That a merge is proven is what the rule asks for. */
const isNote = ({ kind }: Finding): boolean => kind !== 'merge-proven';

function worstOf(grave: readonly Finding[]): Verdict {
  const levels = grave.map(({ level }) => level);
  const worst = SEVERITY.find((level) => levels.includes(level));
  return worst === undefined || worst === 'info' ? 'pass' : worst;
}

/** Why a check of the weights, or of their comparison, judged nothing. */
export function missingWeights({ tensors, baseline }: Report, needs: 'candidate' | 'baseline'): string | null {
  if (tensors.length === 0) return 'no weights were measured';
  return needs === 'baseline' && baseline === null ? 'there is no baseline' : null;
}

/** The same of a check of the probes against the baseline. */
export function missingProbes({ probes, baseline, findings }: Report): string | null {
  if (probes === null) return 'no probes were answered';
  if (baseline === null) return 'there is no baseline';
  if (probes.comparison.rows[0]?.twin.baseline == null) return 'the baseline has no answers to the same probes';
  return findings.some(({ kind }) => kind === 'too-few-facts') ? 'too few facts were asked' : null;
}
