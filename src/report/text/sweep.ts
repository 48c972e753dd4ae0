import { type Best, type CheckedRow, isMergeable, type Sweep } from '../../compare/sweep/index.ts';
import { baselineOver, type CheckpointNumber, checkpointNumber, transferCell } from './checkpoint-numbers.ts';
import { metricName, ofName } from './metric-names.ts';
import {
  formatCount,
  formatEnds,
  formatInteger,
  formatNumber,
  formatPercent,
  formatPercentLimit,
  formatProbability,
  formatRelative,
  NO_NUMBER,
  pointsDigits,
} from './numbers.ts';
import { code, listedNames, name, type Phrase, phrase, prose } from './phrase.ts';

/** The numbers that some checkpoint has. @param hasRoom for the transfer, which the shadow delta says in points */
export function sweepNumbers(
  { checkpoints }: Pick<Sweep, 'checkpoints'>,
  { hasRoom }: { readonly hasRoom: boolean },
): CheckpointNumber[] {
  const number = (head: string, cellOf: (row: CheckedRow) => readonly string[] | null, baseline = NO_NUMBER) => {
    const cells = checkpoints.map((row) => (row.status === 'checked' ? cellOf(row) : null));
    return checkpointNumber(head, cells, baseline);
  };
  const checked = checkpoints.filter((row) => row.status === 'checked');
  const baseline = (key: 'benchmark' | 'twin') =>
    baselineOver(
      checked.map((row) => row[key]?.baseline ?? null),
      formatPercent,
    );
  return [
    ...checkpointNumber(
      'step',
      checkpoints.map(({ step }) => (step === null ? null : [formatInteger(step)])),
    ),
    ...number('exam', ({ benchmark }) => accuracyCell(benchmark), baseline('benchmark')),
    ...number('other forms', ({ twin }) => accuracyCell(twin), baseline('twin')),
    ...number('shadow delta', ({ shadowDelta }) =>
      shadowDelta === null ? null : [pointsDigits(shadowDelta.value), formatEnds(shadowDelta, pointsDigits)],
    ),
    ...(hasRoom ? number('transfer', ({ transfer }) => transferCell(transfer)) : []),
    ...spectrumHeads({ checkpoints }).flatMap(({ metric, of, head }) => {
      const own = ({ spectrum }: CheckedRow) => (spectrum?.metric === metric && spectrum.of === of ? spectrum : null);
      const baselines = checked.map((row) => own(row)?.baseline ?? null);
      return number(head, (row) => spectrumCell(own(row)), baselineOver(baselines, formatNumber));
    }),
    ...number('loss in other forms', ({ loss }) =>
      loss === null ? null : [formatProbability(loss.p), 'Holm:', formatProbability(loss.adjusted)],
    ),
  ];
}

function accuracyCell(accuracy: CheckedRow['twin']): string[] | null {
  if (accuracy === null) return null;
  const { candidate, change } = accuracy;
  return [formatPercent(candidate), pointsDigits(change.value), formatEnds(change, pointsDigits)];
}

function spectrumCell(spectrum: CheckedRow['spectrum']): string[] | null {
  if (spectrum === null) return null;
  const { baseline, candidate } = spectrum;
  const change = baseline === null || baseline === 0 ? null : (candidate - baseline) / Math.abs(baseline);
  return [formatNumber(candidate), ...(change === null ? [] : [formatRelative(change)])];
}

/** Headlines of the checkpoints' spectra: one, unless some have no update. */
export function spectrumHeads({ checkpoints }: Pick<Sweep, 'checkpoints'>) {
  const heads = new Map(
    checkpoints.flatMap((row) => {
      if (row.status !== 'checked' || row.spectrum === null) return [];
      const { metric, of } = row.spectrum;
      return [[`${metric} ${of}`, { metric, of, head: `${metricName(metric)}, ${ofName(of)}` }] as const];
    }),
  );
  return [...heads.values()];
}

/** Unit of the table's changes; null without accuracies. */
export function sweepUnits({ confidence, checkpoints }: Pick<Sweep, 'confidence' | 'checkpoints'>): string | null {
  if (checkpoints.every((row) => row.status === 'unmeasured' || row.twin === null)) return null;
  return `Changes against the baseline are in points, with intervals of ${formatPercentLimit(confidence)}.`;
}

/** `4 checkpoints: 1 fail, 3 pass.` */
export function countsSentence({ checkpoints }: Pick<Sweep, 'checkpoints'>): string {
  const counts = (['fail', 'inconclusive', 'warn', 'pass'] as const).flatMap((verdict) => {
    const count = checkpoints.filter((row) => row.verdict === verdict).length;
    return count === 0 ? [] : [`${formatInteger(count)} ${verdict}`];
  });
  return `${formatCount(checkpoints.length, 'checkpoint')}: ${counts.join(', ')}.`;
}

/** A sentence lists at most so many names. */
const MOST_NAMES = 8;

const OF: Readonly<Record<Best['by'], string>> = { twin: 'accuracy in other forms', benchmark: 'accuracy in the exam' };

/** Names the best checkpoint, or those tied with the first; null without a comparison. */
export function bestSentence({ best, checkpoints }: Pick<Sweep, 'best' | 'checkpoints'>): Phrase | null {
  if (!checkpoints.some(isMergeable)) return phrase`No checkpoint may be merged, so none is best.`;
  if (best === null) return null;
  const { by, top, models, alpha, rivals } = best;
  const compared = rivals.length + 1;
  const others = `at a level of ${formatPercentLimit(alpha)}`;
  if (best.name !== null) {
    const verdict = checkpoints.find((row) => row.name === best.name)?.verdict ?? 'inconclusive';
    const rest = verdict === 'pass' ? '' : ` Its verdict is ${verdict}.`;
    if (compared === 1)
      return phrase`${name(best.name)} is the only model of ${String(models)} that may be merged.${rest}`;
    const all = compared === models ? String(models) : `${compared} that may be merged,`;
    return phrase`Best of ${all} by ${OF[by]}: ${name(best.name)}, shown against each other one on the same questions, ${others}.${rest}`;
  }
  const alike = rivals.filter(({ isBehind }) => !isBehind).map((rival) => rival.name);
  return phrase`No checkpoint is shown to be best, ${others}. ${name(top)} has the highest ${OF[by]}; not told apart from it: ${listedNames(alike.slice(0, MOST_NAMES), alike.length)}.`;
}

export function sweepNotes(sweep: Sweep): Phrase[] {
  const rows = sweep.checkpoints;
  const checked = rows.filter((row) => row.status === 'checked');
  return [
    ...rows
      .filter((row) => row.status === 'unmeasured')
      .map((row) => phrase`${name(row.name)} could not be measured: ${prose(row.message)}`),
    ...checked.flatMap(({ name: own, sameAs }) =>
      sameAs === null ? [] : [phrase`${name(own)} is the same model as ${name(sameAs)}, and counts once.`],
    ),
    ...checked
      .filter(({ failsOnlyUnadjusted }) => failsOnlyUnadjusted)
      .map(
        ({ name: own }) =>
          phrase`${name(own)} fails by itself, by its loss in other forms alone. Adjusted for ${formatCount(sweep.tests, 'checkpoint')} (Holm), that loss is not shown. The verdict stays.`,
      ),
  ];
}

/** For one share, which has no table. */
export function shareSentence(
  count: number,
  { index, of, folder }: { index: number; of: number; folder: string },
): Phrase {
  return phrase`Share ${String(index)} of ${String(of)}: ${formatCount(count, 'checkpoint')}. Without ${code('--shard')}, the same command takes what is in ${name(folder)} and writes table and page.`;
}
