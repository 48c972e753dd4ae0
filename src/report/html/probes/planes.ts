import { groupBy } from '@shadow-gate/platform';
import type { ChangeRow, KindRow } from '../../../compare/probes/index.ts';
import type { ProbeReport, Report } from '../../../compare/report.ts';
import { type Html, html, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { formatCount } from '../../text/numbers.ts';
import { planeCaption, planesNote, planeTitle } from '../../text/probe-charts.ts';
import type { PageOptions } from '../section.ts';
import { planeChart, planeDomain } from './plane-chart.ts';

/** Planes of suites that decide come first. */
const MAX_PLANES = 6;
const MAX_PARTS = 8;

/** Δ exam against Δ twins for each suite and kind of twin, with the region that the policy accepts. */
export function planes({ changes, comparison }: ProbeReport, report: Report, { docs }: PageOptions): Html {
  const moved = movedKinds(changes, comparison.kinds);
  if (moved.length === 0) return NOTHING;
  const policy = report.applied?.settings ?? null;
  const decides = ({ role }: KindRow) => Number(role === 'decides' || role === 'only-format');
  const shown = moved.toSorted((a, b) => decides(b.kind) - decides(a.kind)).slice(0, MAX_PLANES);
  const drawn = shown.map((own) => ({ ...own, parts: own.parts.slice(0, MAX_PARTS) }));
  const domain = planeDomain(drawn.flatMap(({ whole, parts }) => [whole, ...parts]));
  const charts = drawn.map(({ kind, whole, parts }) => {
    const caption = phraseHtml(planeCaption(kind, policy), docs);
    const title = phraseHtml(planeTitle(whole), docs);
    return html`<div class="plane"><h4>${title}</h4>${planeChart({ whole, parts, policy, domain, caption })}</div>\n`;
  });
  const more = moved.length - shown.length;
  return html`<h3 id="probes-transfer">Did the gain carry over?</h3>
<div class="planes">${charts}<p class="note">${phraseHtml(planesNote(comparison.confidence), docs)}${more > 0 ? ` ${formatCount(more, 'more kind of other form', 'more kinds of other forms')} in the table.` : null}</p></div>`;
}

function keyOf({ suite, kind, group }: Pick<ChangeRow, 'suite' | 'kind' | 'group'>): string {
  return JSON.stringify([suite, kind, group]);
}

function movedKinds(changes: readonly ChangeRow[], kinds: readonly KindRow[]) {
  const rows = groupBy(changes, keyOf);
  return kinds.flatMap((kind) => {
    const [whole, ...parts] = rows.get(keyOf(kind)) ?? [];
    return whole === undefined || whole.capability !== null ? [] : [{ kind, whole, parts }];
  });
}
