import { isIdle, type KnownLimit, LEAST_RUNS, limitsOf } from '../../compare/calibration/assess.ts';
import { placeName } from '../../compare/calibration/place-name.ts';
import type { Calibration } from '../../compare/calibration/schema.ts';
import { printable } from '../escape.ts';
import { limitSource } from '../text/calibration-findings.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatCount, formatNumber, formatPair } from '../text/numbers.ts';
import { plain } from '../text/phrase.ts';
import { type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

interface CalibrationOptions extends TerminalOptions {
  readonly path: string;
  readonly alpha: number;
}

/** What a calibration knows, and the limits that it sets. */
export function renderCalibration(calibration: Calibration, { path, alpha, width }: CalibrationOptions): string {
  const { runs, kind } = calibration;
  const what = kind === 'series' ? 'checkpoint of one run' : 'known-good run';
  const many = kind === 'series' ? 'checkpoints of one run' : 'known-good runs';
  const head = `calibrated with ${formatCount(runs.length, what, many)}: ${printable(path)}`;
  if (runs.length <= LEAST_RUNS - 1) {
    return `${head}\n${wrap(`It sets no limits yet: ${LEAST_RUNS} are needed, and more are better. Add some with --add.`, width).join('\n')}`;
  }
  const { rate, limits } = limitsOf(calibration, alpha);
  const columns = [
    { head: 'part' },
    { head: 'metric' },
    { head: 'seen', align: 'right' as const },
    { head: 'limit', align: 'right' as const },
    { head: 'source' },
  ];
  const table = terminalTable(
    columns,
    limits.map((limit) => rowOf(limit, calibration, rate)),
  );
  return `${head}\n\n${table}\n\n${wrap(explain(rate, calibration), width).join('\n')}`;
}

function rowOf({ values, metric, direction, limit, ...place }: KnownLimit, { kind }: Calibration, rate: number | null) {
  const [least, most] = formatPair(Math.min(...values), Math.max(...values));
  const sign = direction === 'up' ? '≤' : '≥';
  const source = limit && limitSource(limit.by, { runs: values.length, calibration: kind, test: null });
  const line = limit?.line;
  const error = line
    ? `; leave-one-out error ${formatNumber(line.error)}, ${formatNumber(line.errorOfMean)} without`
    : '';
  return [
    placeName(place),
    plain([metricPart(metric)]),
    least === most ? least : `${least} to ${most}`,
    limit === null
      ? ''
      : isIdle({ metric, direction }, limit.limit)
        ? 'too far apart'
        : `${sign} ${formatNumber(limit.limit)}`,
    rate === null ? `${source ?? ''}${error}` : 'joint test',
  ];
}

function explain(rate: number | null, { runs }: Calibration): string {
  if (rate !== null) {
    return `All of them are tested together: of good runs like these, no more than ${rate * 100}% are reported. Limits depend on the candidate a little, and stand in its report.`;
  }
  return `No rate of false alarms is claimed for ${formatCount(runs.length, 'checkpoint')}: these limits are a rule of thumb. From 19 exchangeable runs on, no more than 5% of good ones are reported.`;
}
