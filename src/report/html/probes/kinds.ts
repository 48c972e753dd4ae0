import type { ChangeRow, KindRow } from '../../../compare/probes/index.ts';
import type { ProbeReport } from '../../../compare/report.ts';
import { cellsTable } from '../../render/html/cells-table.ts';
import { type Html, html, NOTHING } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { KIND_HEADS, kindRowCells, partCells, planeTitle } from '../../text/probe-charts.ts';
import type { PageOptions } from '../section.ts';

/** Every suite and kind of other form: accuracies, what the planes show, and whether it decides. Folded. */
export function kindsTable({ changes, comparison: { kinds } }: ProbeReport, { docs }: PageOptions): Html {
  if (kinds.length === 0) return NOTHING;
  const rows = kinds.flatMap((kind) => {
    const own = changes.filter((row) => isOf(row, kind));
    const whole = own.find(({ capability }) => capability === null);
    const parts = own.filter(({ capability }) => capability !== null);
    return [
      [phraseHtml(planeTitle(kind), docs), ...kindRowCells(kind, whole)] as const,
      ...parts.map((row) => [html`<span class="part">${row.capability}</span>`, ...partCells(row)] as const),
    ];
  });
  const heads = ['form', ...KIND_HEADS];
  const table = cellsTable({ label: 'Kinds of other forms', heads, rows, text: [heads.length - 1] });
  return html`<details><summary>The numbers of each kind of other form</summary>${table}</details>`;
}

function isOf(row: ChangeRow, kind: KindRow): boolean {
  return row.suite === kind.suite && row.kind === kind.kind && row.group === kind.group;
}
