import { markdownTable } from 'markdown-table';
import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { codeBlock, codeName } from '../escape.ts';
import { docsLink, findingMarkdown, phraseMarkdown, termLink } from '../render/markdown/phrase.ts';
import { intervalChart } from '../sections/interval-chart.ts';
import { DECIDING_COLUMNS, decidingTable, decidingValues } from '../summary/deciding-table.ts';
import { acceptedFindings } from '../summary/exceptions.ts';
import { describeFinding, wordsOf } from '../summary/finding.ts';
import { decidingFinding, findingsBySeverity, findingsToList, verdictSentence, whatToDo } from '../summary/verdict.ts';
import { baselineAge } from '../text/baseline-age.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  benchmarkTwinsNote,
  metricWithFilter,
  shownBenchmarks,
} from '../text/benchmarks.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import { formatCount, NO_NUMBER } from '../text/numbers.ts';
import { flipSummary, probeSectionNotes } from '../text/probes.ts';
import { stopSentence } from '../text/stops.ts';
import { SLICE_COLUMNS, SLICE_NOTE, SUITE_COLUMNS, SUITE_NOTE, sliceCells, suiteCells } from '../text/suites.ts';
import { ICONS } from '../text/words.ts';
import { accuracyCharts } from './accuracy-charts.ts';
import { type Cost, costLine } from './cost.ts';
import { footer } from './footer.ts';
import { type ModuleDetails, moduleDetails } from './module-details.ts';
import { commitLink, type Origin, originLinks, originWarnings } from './origin.ts';
import { type Override, overrideLine, overrideOffer } from './override.ts';
import { exampleMarkdown, familyTable, flipMarkdown } from './probe-details.ts';
import { decidingKindTable, probeEvidence, probeTable } from './probe-tables.ts';
import { calibrationTable, deltaTable, quantizationTable } from './spectra-tables.ts';
import { screenedList, skippedList } from './unmeasured.ts';

/** A reader takes in a screenful of findings; report.json has them all. */
const MAX_FINDINGS = 20;
const MAX_INFOS = 40;
const MAX_SUITES = 24;

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
  /** What counts for each suite, and slices of them. */
  suites: string;
  evidence: string[];
  families: string;
  /** One answer that changed, in both forms; the others are below. */
  example: string;
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
  /** The last line; empty where no run is known. */
  cost: string;
}

interface ContentOptions {
  /** Tells the comments of a matrix of jobs apart; `default` is not worth a mention. */
  readonly key: string;
  readonly origin?: Origin | undefined;
  readonly htmlReport?: string | undefined;
  readonly override?: Override | null | undefined;
  readonly overrideLabel?: string | undefined;
  readonly cost?: Cost | undefined;
  readonly hasPictures?: boolean;
}

export function markdownContent(
  report: Report,
  { key, origin, htmlReport, override = null, overrideLabel, cost, hasPictures = false }: ContentOptions,
): Content {
  const { infos } = findingsBySeverity(report);
  const listed = findingsToList(report);
  const isPass = report.verdict === 'pass';
  return {
    heading: `## ${ICONS[report.verdict]} Shadow Gate: ${report.verdict}${key === 'default' ? '' : ` · ${codeName(key)}`}`,
    sentence: `**${phraseMarkdown(verdictSentence(report))}**`,
    warnings: [
      ...(override === null ? [] : [overrideLine(override)]),
      ...acceptedLines(report),
      ...(origin === undefined ? [] : originWarnings(origin)),
    ].join('<br>'),
    origin: originLinks(origin),
    deciding: [isPass ? decidingLine(report) : decidingTableMarkdown(report), stopLine(report)]
      .filter((part) => part !== '')
      .join('\n\n'),
    steps: stepsOf(report, overrideLabel),
    links: moreLinks(report, { origin, htmlReport }),
    isPass,
    findings: listed.slice(0, MAX_FINDINGS).map(findingItem),
    findingCount: listed.length,
    findingSummary: formatCount(listed.length, 'finding'),
    infos: infos.slice(0, MAX_INFOS).map(findingItem),
    infoCount: infos.length,
    pictures: hasPictures ? accuracyCharts(report) : [],
    ...probeContent(report),
    benchmarks: benchmarkTable(report),
    suites: [suiteTable(report), sliceTable(report)].filter((part) => part !== '').join('\n\n'),
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
    cost: cost === undefined ? '' : costLine(cost),
  };
}

/** What would count without an exception of the policy. */
function acceptedLines(report: Report): string[] {
  return acceptedFindings(report).map((accepted) => `${ICONS.warn} ${phraseMarkdown(accepted)}`);
}

/** How much was asked, of what could have been; empty where that is everything. */
function stopLine({ probes }: Report): string {
  const stop = probes && stopSentence(probes);
  return stop ? `<sub>${phraseMarkdown(stop)}</sub>` : '';
}

type ProbeContent = Pick<
  Content,
  'intervals' | 'kinds' | 'probes' | 'probeNotes' | 'evidence' | 'families' | 'example' | 'flipSummary' | 'flips'
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
        example: '',
        flipSummary: '',
        flips: [],
      },
    };
  }
  const { comparison, items } = probes;
  const { flips } = comparison;
  const example = exampleMarkdown(report);
  const others = example === '' ? flips : flips.slice(1);
  const chart = intervalChart(report);
  const notes = probeSectionNotes(probes).map((note) => phraseMarkdown(note));
  return {
    intervals: chart === '' ? '' : codeBlock(chart, { isWhole: true }),
    kinds: decidingKindTable(comparison.kinds),
    probes: probeTable(probes),
    probeNotes: `<sub>${notes.join('<br>')}</sub>`,
    evidence: probeEvidence(comparison),
    families: familyTable(probes),
    example,
    flipSummary: flipSummary(others),
    flips: others.map((flip) => flipMarkdown(flip, items)),
  };
}

function stepsOf(report: Report, label: string | undefined): string {
  const steps = [
    ...whatToDo(report).map((step) => phraseMarkdown(step)),
    ...(label === undefined ? [] : [overrideOffer(label)]),
  ];
  return steps.length === 0 ? '' : `**What to do**: ${steps.join('<br>')}`;
}

function findingItem(finding: Finding): string {
  const { kind, level } = finding;
  return `- ${ICONS[level]} ${findingMarkdown(kind, wordsOf(finding).title)}: ${phraseMarkdown(describeFinding(finding))}`;
}

/** The numbers that decide, narrow enough for a phone. Empty without any. */
function decidingTableMarkdown(report: Report): string {
  const rows = decidingTable(report);
  if (rows.length === 0) return '';
  return markdownTable([[...DECIDING_COLUMNS], ...rows.map(decidingCells)], {
    align: ['l', 'l', 'l', 'l'],
    alignDelimiters: false,
  });
}

function decidingCells(row: DecidingRow): string[] {
  return [
    `${ICONS[row.mark]} ${phraseMarkdown(row.check, { narrow: true })}`,
    ...[decidingValues(row), row.change, row.limit].map(breakable),
  ];
}

/** In a narrow column, a unit may stand below its number. */
const breakable = (text: string): string => text.replaceAll('\u00a0', ' ');

/** The same of a pass, in one line. */
function decidingLine(report: Report): string {
  return decidingTable(report)
    .map(
      (row) =>
        `${ICONS[row.mark]}\u00a0${phraseMarkdown(row.check, { narrow: true })} ${row.candidate === NO_NUMBER ? row.change : decidingValues(row)}`,
    )
    .join(' · ');
}

/** The benchmarks of two evaluations: one row for each metric of a task. Empty without any. */
function benchmarkTable({ benchmarks, benchmarkTwins = [] }: Report): string {
  const rows: BenchmarkRows = benchmarks ?? [];
  if (rows.length === 0) return '';
  const { shown, note } = shownBenchmarks(rows);
  const cells = shown.map((row) => [codeName(row.task), codeName(metricWithFilter(row)), ...benchmarkCells(row)]);
  const table = markdownTable([['benchmark', 'metric', ...BENCHMARK_COLUMNS], ...cells], {
    align: ['l', 'l', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const twins = benchmarkTwins.map((row) => phraseMarkdown(benchmarkTwinsNote(row)));
  return [table, ...twins, `<sub>${note}</sub>`].join('\n\n');
}

/** What counts for each suite, where the policy says so. Empty without. */
function suiteTable({ suites = [] }: Report): string {
  if (suites.length === 0) return '';
  const rows = suites.slice(0, MAX_SUITES).map((row) => [codeName(row.suite), ...suiteCells(row)]);
  const table = markdownTable([['suite', ...SUITE_COLUMNS], ...rows], {
    align: ['l', 'l', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  return `${table}\n\n<sub>${SUITE_NOTE}</sub>`;
}

/** Slices, the worst first. Empty without. */
function sliceTable({ slices = [] }: Report): string {
  if (slices.length === 0) return '';
  const rows = slices
    .slice(0, MAX_SUITES)
    .map((row) => [codeName(row.suite), codeName(row.field), codeName(row.value), ...sliceCells(row)]);
  const table = markdownTable([['suite', 'field', 'value', ...SLICE_COLUMNS], ...rows], {
    align: ['l', 'l', 'l', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = slices.length - rows.length;
  return `${table}\n\n<sub>${SLICE_NOTE}${more > 0 ? ` ${more} more rows in the JSON report.` : ''}</sub>`;
}

/**
 * Where a reader finds more: the page with charts, the baseline and its age, the finding that decides, and the words.
 */
function moreLinks(
  report: Report,
  { origin, htmlReport }: { readonly origin: Origin | undefined; readonly htmlReport: string | undefined },
): string {
  const finding = decidingFinding(report);
  return [
    ...(htmlReport === undefined || !isAddress(htmlReport) ? [] : [`[explore the report](${htmlReport})`]),
    baselineLink(report, origin),
    ...(finding === null ? [] : [`about ${findingMarkdown(finding.kind, `“${wordsOf(finding).title}”`)}`]),
    docsLink('glossary', 'glossary'),
  ].join(' · ');
}

/** An address of ours: that of an artifact. Its characters can neither end a link nor begin another one. */
const isAddress = (url: string): boolean => /^https?:\/\/[\w.:/?=&%#~-]+$/.test(url);

function baselineLink(report: Report, origin: Origin | undefined): string {
  const { baseline } = report;
  if (baseline === null) return `no ${termLink('baseline', 'baseline')}`;
  const age = baselineAge(report);
  const where = baseline.commit === null ? '' : ` ${commitLink(baseline.commit, origin?.repository)}`;
  return `${termLink('baseline', 'baseline')}${where}${age === null ? '' : `, ${age}`}`;
}
