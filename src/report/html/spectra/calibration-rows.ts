import { groupBy } from '@shadow-gate/platform';
import {
  type CalibratedMetric,
  type CalibratedSize,
  type CalibrationReport,
  metricScale,
} from '../../../compare/calibration/index.ts';
import type { Report } from '../../../compare/report.ts';
import { plainLine } from '../../escape.ts';
import { type CalibrationRow, calibratedMetricRow, sizeRow } from '../../text/calibration.ts';
import { candidateTitle, chartSource, knownTitle, lineError, SIZES_WORDS } from '../../text/calibration-charts.ts';
import { metricPart } from '../../text/metric-names.ts';
import { type Html, html } from '../html.ts';
import { icon, NOT_JUDGED } from '../icon.ts';
import { phraseHtml } from '../phrase.ts';
import { type StripData, stripChart } from './strip.ts';

/** A name in the title of a dot: the end of a path tells runs apart. */
const NAME_LENGTH = 40;

/** One body of the table for each metric with limits, and a row for each part of the model. */
export function judgedParts(report: Report, calibration: CalibrationReport, docs: string): Html {
  const judged = calibration.metrics.filter((metric) => metric.judged !== null);
  const parts = [...groupBy(judged, ({ metric }) => metric)].map(([metric, own]) => {
    const source = chartSource(own, calibration);
    const isOther = ({ judged }: CalibratedMetric) => judged !== null && judged.by !== source.by;
    const rows = own.map((one) => {
      const row = calibratedMetricRow(one, report);
      const rule = isOther(one) ? row.source : null;
      return judgedRow(row, stripChart(stripOf(one, row, calibration), { isTitled: true }), [rule, lineError(one)]);
    });
    return part(phraseHtml([metricPart(metric, { capitalized: true })], docs), source.words, 5, rows);
  });
  return html`${parts}`;
}

/** The sizes of the update, with those at which its shape is judged. */
export function sizesPart(report: Report, calibration: CalibrationReport, docs: string): Html | null {
  const rows = calibration.sizes.map((size) => ({ size, row: sizeRow(size, report) }));
  const [first] = rows;
  if (first === undefined) return null;
  const body = rows.map(({ size, row }) =>
    judgedRow(row, stripChart(sizeStrip(size, row, calibration.kind === 'series'), { isTitled: false }), []),
  );
  return part(phraseHtml([first.row.metric], docs), SIZES_WORDS, 5, body);
}

/** Numbers without limits, drawn as shortly as they can be. */
export function shownParts(metrics: readonly CalibratedMetric[], report: Report, docs: string): Html {
  const isSeries = report.calibration?.kind === 'series';
  const parts = [...groupBy(metrics, ({ metric }) => metric)].map(([metric, own]) => {
    const rows = own.map((one) => {
      const { place, candidate, seen } = calibratedMetricRow(one, report);
      const drawn = stripChart(shownStrip(one, isSeries), { isTitled: false });
      return html`<tr><th scope="row">${place}</th><td>${drawn}</td><td>${candidate}</td><td>${seen}</td></tr>\n`;
    });
    return part(phraseHtml([metricPart(metric, { capitalized: true })], docs), '', 4, rows);
  });
  return html`${parts}`;
}

function part(title: Html, note: string, columns: number, rows: readonly Html[]): Html {
  const more = note === '' ? null : html` <span class="note">${note}</span>`;
  return html`<tbody><tr class="of"><th colspan="${columns}" scope="rowgroup">${title}${more}</th></tr>\n${rows}</tbody>`;
}

/** @param remarks on the limit */
function judgedRow(
  { place, candidate, seen, limit, mark }: CalibrationRow,
  drawn: Html,
  remarks: ReadonlyArray<string | null>,
): Html {
  const small = remarks.filter((remark) => remark !== null).join(', ');
  const more = small === '' ? null : html` <small>${small}</small>`;
  const shown = mark === null ? NOT_JUDGED : icon(mark);
  return html`<tr><th scope="row">${place}</th><td>${drawn}</td><td>${shown}${candidate}</td><td>${seen}</td><td>${limit}${more}</td></tr>\n`;
}

/** On the scale that its limit is computed on. */
function stripOf(one: CalibratedMetric, { state, mark }: CalibrationRow, calibration: CalibrationReport): StripData {
  const { metric, values, candidate, judged } = one;
  const { to, from } = metricScale(metric);
  const moves = movesAlongLine(one, calibration);
  const end = judged === null || state === 'idle' ? null : to(judged.limit);
  const limit = end !== null && Number.isFinite(end) ? end : null;
  return {
    known: values.map((value, i) => {
      const move = moves?.[i] ?? 0;
      const place = to(value) + move;
      return { value: place, title: knownTitle(nameOf(calibration, i), value, move === 0 ? value : from(place)) };
    }),
    ...{ isSeries: calibration.kind === 'series', candidate: to(candidate), candidateTitle: candidateTitle(candidate) },
    mark: markOf(mark),
    isAside: state === 'not-calibrated',
    low: judged?.direction === 'down' ? limit : null,
    high: judged?.direction === 'up' ? limit : null,
  };
}

/**
 * How far each known value moves along the line to the size of the candidate's update. Null for a limit that does not
 * follow that size.
 */
function movesAlongLine(
  { judged, component, module }: CalibratedMetric,
  { sizes }: CalibrationReport,
): readonly number[] | null {
  const size = sizes.find((other) => other.component === component && other.module === module);
  const slope = judged?.line?.slope;
  return slope === undefined || size === undefined
    ? null
    : size.values.map((value) => slope * Math.log(size.candidate / value));
}

/** Logarithms, as its limits are made of. */
function sizeStrip(
  { values, candidate, low, high }: CalibratedSize,
  row: CalibrationRow,
  isSeries: boolean,
): StripData {
  return {
    known: values.map((value) => ({ value: Math.log(value), title: '' })),
    ...{ isSeries, candidate: Math.log(candidate), candidateTitle: candidateTitle(candidate), mark: markOf(row.mark) },
    ...{ low: Math.log(low), high: Math.log(high), isAside: true },
  };
}

function shownStrip({ values, candidate }: CalibratedMetric, isSeries: boolean): StripData {
  return {
    known: values.map((value) => ({ value, title: '' })),
    ...{ isSeries, candidate, candidateTitle: '', mark: 'idle', low: null, high: null, isAside: false },
  };
}

const markOf = (mark: CalibrationRow['mark']): string => (mark === null || mark === 'info' ? 'idle' : mark);

function nameOf({ runs }: CalibrationReport, i: number): string {
  return plainLine(runs[i]?.name.split(/[\\/]/).at(-1) ?? '', NAME_LENGTH);
}
