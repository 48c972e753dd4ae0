import { groupBy } from '@shadow-gate/platform';
import { type CalibratedMetric, type CalibrationReport, placeName } from '../../../compare/calibration/index.ts';
import type { Report } from '../../../compare/report.ts';
import { plainLine } from '../../escape.ts';
import {
  calibrationIntro,
  MOVED_WORDS,
  othersWords,
  runsWords,
  SCALE_WORDS,
  SERIES_WORDS,
} from '../../text/calibration-charts.ts';
import { metricName } from '../../text/metric-names.ts';
import { formatNumber } from '../../text/numbers.ts';
import { type Html, html } from '../html.ts';
import { phraseHtml } from '../phrase.ts';
import { judgedParts, shownParts, sizesPart } from './calibration-rows.ts';

/** Columns of the table of known-good checkpoints, the newest of which are shown. */
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
  const main = html`${judgedParts(report, calibration, docs)}${sizesPart(report, calibration, docs)}`;
  return html`${intro}${legend(calibration, judged)}
<div class="scroll"><table class="strips" aria-label="The update compared with known-good checkpoints">${head(true)}${main}</table></div>
${
  others.length === 0
    ? null
    : html`<details><summary>${othersWords(others)}</summary><div class="scroll"><table class="strips" aria-label="Metrics that are not judged">${head(false)}${shownParts(others, report, docs)}</table></div></details>`
}
${runsTable(calibration, judged)}`;
}

function head(isJudged: boolean): Html {
  const limit = isJudged ? html`<th scope="col" class="number">limit</th>` : null;
  return html`<thead><tr><th scope="col">part</th><th scope="col">known-good and candidate</th><th scope="col" class="number">candidate</th><th scope="col" class="number">seen</th>${limit}</tr></thead>`;
}

function legend({ kind }: CalibrationReport, judged: readonly CalibratedMetric[]): Html {
  const key = (name: string, shape: Html) =>
    html`<span class="key"><svg class="strip" viewBox="0 0 16 16" aria-hidden="true">${shape}</svg>${name}</span> `;
  const keys = html`${key('known-good', html`<circle cx="8" cy="8"/>`)}${key('candidate', html`<path class="candidate pass" d="M8 0l8 8-8 8-8-8z"/>`)}${key('beyond its limit', html`<path class="candidate warn" d="M8 0l8 8-8 8-8-8z"/>`)}${key('not judged', html`<path class="candidate" d="M8 0l8 8-8 8-8-8z"/>`)}`;
  const isMoved = judged.some((metric) => metric.judged?.line);
  return html`<p class="note strip-keys">${keys}</p><p class="note">${SCALE_WORDS}${kind === 'series' ? ` ${SERIES_WORDS}` : null}${isMoved ? ` ${MOVED_WORDS}` : null}</p>`;
}

/** Every dot of the judged numbers, as a table. */
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
