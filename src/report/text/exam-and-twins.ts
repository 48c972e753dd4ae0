import type { FindingOf } from '../../compare/finding.ts';
import type { Both, ShadowRow } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatPointsChange, formatPointsLimit, pointsDigits } from './numbers.ts';
import { name, type Phrase, phrase } from './phrase.ts';
import { allTwinWords, EXAM, TWINS } from './twin-words.ts';

/** The row of all facts, or of one capability. */
export function factsRow({ probes }: Report, capability: string | null): ShadowRow | undefined {
  return probes?.comparison.rows.find((row) => row.suite === null && row.capability === capability);
}

const changeOf = ({ baseline, candidate }: Both): number | null => (baseline === null ? null : candidate - baseline);

/** `Exam +0.4 points; new questions of the same kind −0.2`; null without two sides. */
export function examAndTwins(report: Report): Phrase | null {
  const whole = factsRow(report, null);
  const [exam, twins] = whole ? [changeOf(whole.benchmark), changeOf(whole.twin)] : [null, null];
  if (exam === null || twins === null || report.probes === null) return null;
  return phrase`${EXAM} ${formatPointsChange(exam)}; ${allTwinWords(report.probes.comparison)} ${pointsDigits(twins)}`;
}

/** A check that stops at a loss stops when the loss looks largest. */
export function atStopping({ probes }: Report): string {
  return probes?.sequential?.settled === 'fail' ? ' at stopping' : '';
}

/** A loss of twins, with the change of the exam of the same facts. */
export function twinLossSentence(
  { capability, suite, change, limit }: Pick<FindingOf<'accuracy-loss'>, 'capability' | 'suite' | 'change' | 'limit'>,
  report: Report,
): Phrase {
  const row = suite === null ? factsRow(report, capability) : undefined;
  const exam = row ? changeOf(row.benchmark) : null;
  const twins = report.probes ? allTwinWords(report.probes.comparison) : phrase`twins`;
  const part = capability ?? suite;
  const where = part === null ? [] : phrase` (${name(part)})`;
  const rest = phrase`${pointsDigits(change)}${atStopping(report)}: a loss beyond the limit of ${formatPointsLimit(limit)}.`;
  return exam === null
    ? phrase`${TWINS}${where} ${rest}`
    : phrase`${EXAM}${where} ${formatPointsChange(exam)}; ${twins} ${rest}`;
}
