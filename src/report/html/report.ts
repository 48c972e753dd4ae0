import { DOCS_URL } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { pageDocument } from '../render/html/document.ts';
import { METHOD_SECTION } from './method.ts';
import { OVERVIEW_SECTION } from './overview.ts';
import calibrationStyle from './page/calibration.css' with { type: 'text' };
import csvScript from './page/csv.js' with { type: 'text' };
import itemKeysScript from './page/item-keys.js' with { type: 'text' };
import methodStyle from './page/method.css' with { type: 'text' };
import overviewStyle from './page/overview.css' with { type: 'text' };
import probesStyle from './page/probes.css' with { type: 'text' };
import probesScript from './page/probes.js' with { type: 'text' };
import reportStyle from './page/report.css' with { type: 'text' };
import reportScript from './page/report.js' with { type: 'text' };
import spectraStyle from './page/spectra.css' with { type: 'text' };
import spectraScript from './page/spectra.js' with { type: 'text' };
import trendStyle from './page/trend.css' with { type: 'text' };
import { PROBES_SECTION } from './probes/section.ts';
import type { PageOptions, PageSection } from './section.ts';
import { SPECTRA_SECTION } from './spectra/section.ts';
import { TREND_SECTION } from './trend.ts';

const STYLE = [reportStyle, overviewStyle, probesStyle, spectraStyle, calibrationStyle, trendStyle, methodStyle].join(
  '\n',
);

/** One element, so that the page's policy allows one digest. */
const SCRIPT = [reportScript, csvScript, probesScript, itemKeysScript, spectraScript].join('\n');

/** In the order of the page. */
const SECTIONS: readonly PageSection[] = [
  OVERVIEW_SECTION,
  PROBES_SECTION,
  SPECTRA_SECTION,
  TREND_SECTION,
  METHOD_SECTION,
];

/** The whole report as a page without network, readable without its script, which only sorts and filters. */
export function renderHtml(report: Report, options: Partial<PageOptions> = {}): string {
  const page = { docs: DOCS_URL, origin: null, ...options };
  const parts = SECTIONS.flatMap(({ id, title, render }) => {
    const body = render(report, page);
    return body === null ? [] : [{ id, title, body }];
  });
  return pageDocument({ verdict: report.verdict, heading: 'Shadow Gate', parts, style: STYLE, script: SCRIPT });
}
