import type { FindingKind, FindingOf } from '../../compare/finding.ts';
import type { AppliedSettings } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import type { Phrase } from '../text/phrase.ts';
import type { ShownRule } from '../text/rule-row.ts';

/** Everything that a report says of one kind of finding. docs/reference/findings.md says more. */
export interface FindingWords<K extends FindingKind> {
  /** A few words, for a row of a table and the title of an annotation. */
  readonly title: string;
  /** Rows of tables that count as not judged too if this finding is `inconclusive`. */
  readonly about: 'everything' | 'probes' | 'spectra' | 'benchmarks' | 'itself';
  /** It says what could not be judged. */
  readonly isGap?: true;
  /** It reports a loss of answers. */
  readonly isLoss?: true;
  /** It reports a gain that is not believed. */
  readonly isGain?: true;
  /** It sums up other findings: next to one that fails, it has nothing to add. */
  readonly isSummary?: true;
  /** One or two full sentences. */
  readonly sentence: (finding: FindingOf<K>) => Phrase;
  /** One plain sentence with the number that decides, if the full sentence is too long for a first line. */
  readonly headline?: (finding: FindingOf<K>, report: Report) => Phrase;
  /** Its row in the deciding table, if that is more than a title; `where` follows the title. */
  readonly row?: (
    finding: FindingOf<K>,
    report: Report,
  ) => Partial<Omit<DecidingRow, 'mark'>> & { readonly where?: Phrase };
  /** The whole that a part with a loss belongs to. Only the worst part of a whole has a row. */
  readonly part?: (finding: FindingOf<K>) => { readonly whole: string; readonly change: number } | null;
  /** One or two next steps. */
  readonly steps: (finding: FindingOf<K>, report: Report) => readonly Phrase[];
  /** The rule of the policy that makes it, or several. */
  readonly rule?: (report: Report, policy: AppliedSettings) => ShownRule<K> | ReadonlyArray<ShownRule<K>>;
}

export type TopicWords<K extends FindingKind> = { readonly [Kind in K]: FindingWords<Kind> };
