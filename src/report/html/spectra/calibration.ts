import { groupBy } from '@shadow-gate/platform';
import { type CalibratedMetric, type CalibrationReport, placeName } from '../../../compare/calibration/index.ts';
import type { Report } from '../../../compare/report.ts';
import { plainLine } from '../../escape.ts';
import { type Html, html } from '../../render/html/html.ts';
import { icon, NOT_JUDGED } from '../../render/html/icon.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { describeFinding } from '../../summary/finding.ts';
import {
  type CalibrationRow,
  calibratedMetricRow,
  calibrationSentence,
  limitSource,
  sizeRow,
} from '../../text/calibration.ts';
import { metricName, metricPart } from '../../text/metric-names.ts';
import { formatCount, formatInteger, formatNumber, formatProbability } from '../../text/numbers.ts';
import { type Phrase, phrase } from '../../text/phrase.ts';

const HEAD = html`<thead><tr><th scope="col">part</th><th scope="col" class="number">candidate</th><th scope="col" class="number">seen</th><th scope="col" class="number">limit</th></tr></thead>`;

/** The newest ones are shown. */
const MAX_RUNS = 40;

/** The update on the distribution of the known-good checkpoints, number by number. Null without a calibration. */
export function calibrationSection(report: Report, docs: string): Html | null {
  const { calibration } = report;
  if (calibration === null) return null;
  const { metrics, sizes } = calibration;
  const intro = html`<h3 id="calibration">Calibration</h3><p>${phraseHtml(calibrationIntro(report, calibration), docs)} <a href="${docs}/how-to/calibration.md">About calibration</a></p>`;
  if (metrics.length === 0) return intro;
  const judged = metrics.filter((metric) => metric.judged !== null);
  // The size has rows of its own.
  const others = metrics.filter(
    ({ judged, metric }) => judged === null && !(sizes.length > 0 && metric === 'updateSize'),
  );
  return html`${intro}
<div class="scroll"><table class="calibrated" aria-label="The update compared with known-good checkpoints">${HEAD}${metricParts(judged, report, calibration, docs)}${sizesPart(report, calibration, docs)}</table></div>
${
  others.length === 0
    ? null
    : html`<details><summary>${othersWords(others)}</summary><div class="scroll"><table class="calibrated" aria-label="Metrics that are not judged">${HEAD}${metricParts(others, report, calibration, docs)}</table></div></details>`
}
${runsTable(calibration, judged)}`;
}

type Metrics = readonly CalibratedMetric[];

function metricParts(metrics: Metrics, report: Report, calibration: CalibrationReport, docs: string): Html[] {
  return [...groupBy(metrics, ({ metric }) => metric)].map(([metric, own]) => {
    const source = sharedSource(own, calibration);
    const rows = own.map((one) => {
      const row = calibratedMetricRow(one, report);
      const isOther = one.judged !== null && one.judged.by !== source.by;
      return limitRow(row, [isOther ? row.source : null, lineError(one)]);
    });
    return part(phraseHtml([metricPart(metric, { capitalized: true })], docs), source.words, rows);
  });
}

function sizesPart(report: Report, calibration: CalibrationReport, docs: string): Html | null {
  const rows = calibration.sizes.map((size) => sizeRow(size, report));
  const [first] = rows;
  if (first === undefined) return null;
  const note = 'its shape is judged between these sizes';
  return part(
    phraseHtml([first.metric], docs),
    note,
    rows.map((row) => limitRow(row, [])),
  );
}

function part(title: Html, note: string, rows: readonly Html[]): Html {
  const more = note === '' ? null : html` <span class="note">${note}</span>`;
  return html`<tbody><tr class="of"><th colspan="4" scope="rowgroup">${title}${more}</th></tr>\n${rows}</tbody>`;
}

function limitRow({ place, candidate, seen, limit, mark }: CalibrationRow, remarks: readonly (string | null)[]): Html {
  const small = remarks.filter((remark) => remark !== null).join(', ');
  const more = small === '' ? null : html` <small>${small}</small>`;
  const shown = mark === null ? NOT_JUDGED : icon(mark);
  return html`<tr><th scope="row">${place}</th><td>${shown}${candidate}</td><td>${seen}</td><td>${limit}${more}</td></tr>\n`;
}

function runsTable(calibration: CalibrationReport, judged: readonly CalibratedMetric[]): Html {
  const { runs } = calibration;
  const first = Math.max(0, runs.length - MAX_RUNS);
  const groups = [...groupBy(judged, ({ metric }) => metric)];
  const tops = groups.map(
    ([metric, own]) => html`<th scope="colgroup" colspan="${own.length}">${metricName(metric)}</th>`,
  );
  const columns = groups.flatMap(([, own]) => own);
  const places = columns.map((metric) => html`<th scope="col" class="number">${placeName(metric)}</th>`);
  const rows = runs.slice(first).map(({ name }, i) => {
    const cells = columns.map(({ values }) => html`<td>${formatNumber(values[first + i])}</td>`);
    return html`<tr><th scope="row"><code>${plainLine(name)}</code></th>${cells}</tr>\n`;
  });
  return html`<details><summary>${runsWords(calibration)}</summary><div class="scroll"><table class="known-good" aria-label="${runsWords(calibration)}"><thead><tr><th scope="col" rowspan="2">checkpoint</th>${tops}</tr><tr>${places}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function calibrationIntro(report: Report, calibration: CalibrationReport): Phrase {
  const { refused, test } = calibration;
  if (refused !== null) return describeFinding({ kind: 'calibration-refused', level: 'info', ...refused });
  const probability = test === null ? '' : ` For this one, ${formatProbability(test.p)}.`;
  return phrase`${calibrationSentence(report)}${probability}`;
}

const ERROR_WORDS = 'error: leave-one-out, and in parentheses without the line';

/** The basis of most limits of a metric. A joint test is mentioned once, above the table. */
function sharedSource(metrics: readonly CalibratedMetric[], { kind, runs, test }: CalibrationReport) {
  const rules = metrics.flatMap(({ judged }) => judged?.by ?? []);
  const [by] = [...groupBy(rules, (rule) => rule).values()].sort((a, b) => b.length - a.length)[0] ?? [];
  const isSaid = by === undefined || by === 'order-statistic';
  const error = metrics.some(({ judged }) => judged?.line) ? [ERROR_WORDS] : [];
  const words = isSaid ? [] : [limitSource(by, { runs: runs.length, calibration: kind, test })];
  return { by, words: [...words, ...error].join('; ') };
}

/** Error of a limit that follows the size of the update; null for others. Its metric's head explains it. */
function lineError({ judged }: CalibratedMetric): string | null {
  const line = judged?.line ?? null;
  return line === null ? null : `error ${formatNumber(line.error)} (${formatNumber(line.errorOfMean)})`;
}

function othersWords(metrics: readonly CalibratedMetric[]): string {
  const names = new Set(metrics.map(({ metric }) => metricName(metric)));
  return `${formatCount(names.size, 'other metric')}, not judged (${formatInteger(metrics.length)} numbers)`;
}

const runsWords = ({ runs, kind }: CalibrationReport): string =>
  kind === 'series'
    ? `The numbers of the ${formatCount(runs.length, 'checkpoint')}, in their order`
    : `The numbers of the ${formatCount(runs.length, 'known-good run')}`;
