import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { codeBlock, codeName } from '../escape.ts';
import { describeFinding, wordsOf } from '../text/finding.ts';
import { intervalChart } from '../text/interval-chart.ts';
import { formatCount } from '../text/numbers.ts';
import { flipSummary, probeNotes } from '../text/probes.ts';
import { stopSentence } from '../text/stops.ts';
import { findingsBySeverity, findingsToList, verdictSentence, whatToDo } from '../text/verdict.ts';
import { ICONS } from '../text/words.ts';
import { accuracyCharts } from './accuracy-charts.ts';
import { benchmarkTable } from './benchmark-table.ts';
import { calibrationTable } from './calibration-table.ts';
import { decidingLine, decidingTableMarkdown } from './deciding-table.ts';
import { deltaTable } from './delta-table.ts';
import { footer } from './footer.ts';
import { moreLinks, originLinks } from './links.ts';
import { type ModuleDetails, moduleDetails } from './module-details.ts';
import { type Origin, warningsOf } from './origin.ts';
import { findingMarkdown, phraseMarkdown } from './phrase.ts';
import { familyTable, flipMarkdown } from './probe-details.ts';
import { probeEvidence } from './probe-evidence.ts';
import { probeTable } from './probe-table.ts';
import { quantizationTable } from './quantization-table.ts';
import { screenedList } from './screened-list.ts';
import { skippedList } from './skipped-list.ts';
import { decidingKindTable } from './twin-kinds.ts';

/** A reader takes in a screenful of findings; report.json has them all. */
const MAX_FINDINGS = 20;
const MAX_INFOS = 40;

/** Everything the Markdown report can say, rendered in parts that are shown or left out as a whole. */
export interface Content {
  heading: string;
  sentence: string;
  /** Why a reader may not take the page for what it seems. Always shown. */
  warnings: string;
  /** Which run and commit it is about. Always shown. */
  origin: string;
  /** The numbers that decide: a table, or one line for a pass. */
  deciding: string;
  /** What to do about the finding that decides; empty for a pass. */
  steps: string;
  links: string;
  /** A pass is quiet: everything below is in one fold. */
  isPass: boolean;
  /** List items: at most `MAX_FINDINGS` of `findingCount`. */
  findings: string[];
  findingCount: number;
  findingSummary: string;
  infos: string[];
  infoCount: number;
  /** Pictures that GitHub draws. */
  pictures: string[];
  /** The behavioral half: accuracies with their intervals, the twins that decide, its table, notes and details. */
  intervals: string;
  kinds: string;
  probes: string;
  probeNotes: string;
  /** Benchmarks from logs of an evaluation. */
  benchmarks: string;
  evidence: string[];
  families: string;
  flipSummary: string;
  flips: string[];
  table: string;
  /** Every number that known-good checkpoints set a limit for. */
  calibration: string;
  modules: ModuleDetails[];
  skipped: string;
  skippedCount: number;
  /** Matrices that were screened; null where none was. */
  screened: { readonly summary: string; readonly body: string } | null;
  footer: string;
}

interface ContentOptions {
  /** Tells the comments of a matrix of jobs apart; `default` is not worth a mention. */
  readonly key: string;
  readonly origin?: Origin | undefined;
  readonly htmlReport?: string | undefined;
  readonly hasPictures?: boolean;
}

export function contentOf(report: Report, { key, origin, htmlReport, hasPictures = false }: ContentOptions): Content {
  const { infos } = findingsBySeverity(report);
  const listed = findingsToList(report);
  const isPass = report.verdict === 'pass';
  return {
    heading: `## ${ICONS[report.verdict]} Shadow Gate: ${report.verdict}${key === 'default' ? '' : ` · ${codeName(key)}`}`,
    sentence: `**${phraseMarkdown(verdictSentence(report))}**`,
    warnings: origin === undefined ? '' : warningsOf(origin).join('<br>'),
    origin: originLinks(origin),
    deciding: [isPass ? decidingLine(report) : decidingTableMarkdown(report), stopLine(report)]
      .filter((part) => part !== '')
      .join('\n\n'),
    steps: stepsOf(report),
    links: moreLinks(report, { origin, htmlReport }),
    isPass,
    findings: listed.slice(0, MAX_FINDINGS).map(findingItem),
    findingCount: listed.length,
    findingSummary: formatCount(listed.length, 'finding'),
    infos: infos.slice(0, MAX_INFOS).map(findingItem),
    infoCount: infos.length,
    pictures: hasPictures ? accuracyCharts(report) : [],
    ...probeContent(report),
    benchmarks: benchmarkTable(report.benchmarks ?? []),
    table: [
      isPass ? decidingTableMarkdown(report) : '',
      deltaTable(report.shadowDeltas),
      quantizationTable(report.quantization),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    calibration: calibrationTable(report),
    modules: moduleDetails(report),
    skipped: skippedList(report.skipped),
    skippedCount: report.skipped.length,
    screened: screenedList(report),
    footer: footer(report, origin?.repository),
  };
}

/** How much was asked, of what could have been; empty where that is everything. */
function stopLine({ probes }: Report): string {
  const stop = probes && stopSentence(probes);
  return stop ? `<sub>${phraseMarkdown(stop)}</sub>` : '';
}

type ProbeContent = Pick<
  Content,
  'intervals' | 'kinds' | 'probes' | 'probeNotes' | 'evidence' | 'families' | 'flipSummary' | 'flips'
>;

function probeContent(report: Report): ProbeContent {
  const { probes } = report;
  if (probes === null) {
    return {
      ...{
        intervals: '',
        kinds: '',
        probes: '',
        probeNotes: '',
        evidence: [],
        families: '',
        flipSummary: '',
        flips: [],
      },
    };
  }
  const { comparison } = probes;
  const chart = intervalChart(report);
  const notes = probeNotes(probes).map((note) => phraseMarkdown(note));
  return {
    intervals: chart === '' ? '' : codeBlock(chart, { isWhole: true }),
    kinds: decidingKindTable(comparison.kinds),
    probes: probeTable(probes),
    probeNotes: `<sub>${notes.join('<br>')}</sub>`,
    evidence: probeEvidence(comparison),
    families: familyTable(probes),
    flipSummary: flipSummary(comparison.flips),
    flips: comparison.flips.map((flip) => flipMarkdown(flip, probes.items)),
  };
}

function stepsOf(report: Report): string {
  const steps = whatToDo(report).map((step) => phraseMarkdown(step));
  return steps.length === 0 ? '' : `**What to do**: ${steps.join('<br>')}`;
}

function findingItem(finding: Finding): string {
  const { kind, level } = finding;
  return `- ${ICONS[level]} ${findingMarkdown(kind, wordsOf(finding).title)}: ${phraseMarkdown(describeFinding(finding))}`;
}
