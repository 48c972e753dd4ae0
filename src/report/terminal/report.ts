import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import type { Table } from '../document/block.ts';
import { printable } from '../escape.ts';
import { drawTable } from '../render/terminal/draw.ts';
import { LEVEL_MARKS, type Paint, painter } from '../render/terminal/paint.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { benchmarkTable } from '../sections/benchmarks.ts';
import { decidingBlock } from '../sections/deciding.ts';
import { calibrationTable, deltaTable, quantizationTable } from '../sections/spectra.ts';
import { sliceTable, suiteTable } from '../sections/suites.ts';
import { describeFinding } from '../summary/finding.ts';
import { findingsBySeverity, findingsToList } from '../summary/verdict.ts';
import { measuredSentence, reportDisclaimer } from '../text/words.ts';
import { renderProbes } from './probes.ts';
import { renderSteps, renderVerdict } from './verdict.ts';

const MAX_FINDINGS = 20;
const MAX_INFOS = 5;

/**
 * The whole report: the verdict first, all tables and findings, what to do, and the verdict last, where the cursor is.
 */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const { color, width } = options;
  const paint = painter(color);
  const { infos } = findingsBySeverity(report);
  const others = findingsToList(report);
  const findings = [...others.slice(0, MAX_FINDINGS), ...infos.slice(0, MAX_INFOS)].map((finding) =>
    findingLines(finding, width, paint),
  );
  const hidden = Math.max(0, others.length - MAX_FINDINGS) + Math.max(0, infos.length - MAX_INFOS);
  if (hidden > 0) findings.push(`    and ${hidden} more in the JSON report`);

  const device = printable(report.device, 60);
  const small = wrap(`${measuredSentence(report, device)} ${reportDisclaimer(report)}`, width - 2).map(
    (line) => `  ${paint('info', line)}`,
  );
  const table = (own: Table) => drawTable(own, { color, width });
  const verdict = renderVerdict(report, { color, width });
  return [
    verdict,
    table(decidingBlock(report)),
    table(deltaTable(report)),
    table(calibrationTable(report)),
    table(quantizationTable(report)),
    report.probes === null ? '' : renderProbes(report.probes, { color, width }),
    table(benchmarkTable(report)),
    table(suiteTable(report)),
    table(sliceTable(report)),
    findings.join('\n'),
    small.join('\n'),
    renderSteps(report, options),
    verdict,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function findingLines(finding: Finding, width: number, paint: Paint): string {
  return wrap(phraseLine(describeFinding(finding)), width - 4)
    .map((line, i) => `  ${i === 0 ? paint(finding.level, LEVEL_MARKS[finding.level]) : ' '} ${line}`)
    .join('\n');
}
