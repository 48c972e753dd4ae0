import type { Finding } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { type Block, drawn, fold, section, series } from '../document/block.ts';
import { codeName, plainText } from '../escape.ts';
import { findingMarkdown, GLOSSARY_LINK, phraseMarkdown, termLink } from '../render/markdown/phrase.ts';
import { familyTable, kindTable, shadowTable } from '../sections/accuracies.ts';
import { benchmarkTable, sliceTable, suiteTable } from '../sections/benchmarks.ts';
import { decidingBlock } from '../sections/deciding.ts';
import { EVIDENCE_TABLES } from '../sections/evidence.ts';
import { moduleFolds, screenedFold, skippedFold } from '../sections/modules.ts';
import { calibrationTable, deltaTable, quantizationTable } from '../sections/spectra.ts';
import { weightOf } from '../sections/weights.ts';
import { decidingTable, decidingValues } from '../summary/deciding-table.ts';
import { acceptedFindings, describeFinding, wordsOf } from '../summary/finding.ts';
import { decidingFinding, findingsBySeverity, findingsToList, verdictSentence, whatToDo } from '../summary/verdict.ts';
import { formatCount, formatDuration, NO_NUMBER } from '../text/numbers.ts';
import { findingLink, phrase } from '../text/phrase.ts';
import { flipSummary, probeRemarks, probeSectionNotes } from '../text/probes.ts';
import { baselineAge } from '../text/provenance.ts';
import { stopSentence } from '../text/stops.ts';
import { decidingKinds } from '../text/twin-words.ts';
import { ICONS, precisionPart, reportDisclaimer, storedIn } from '../text/words.ts';
import { accuracyCharts, intervalChart } from './charts.ts';
import { exampleMarkdown, flipMarkdown } from './flips.ts';
import { commitLink, type Origin, originLinks, originWarnings } from './origin.ts';

/** A screenful; report.json has all findings. */
const MOST_FINDINGS = 20;
const MOST_INFOS = 40;

export interface ShownOptions {
  /** The run that made the report, for a page that outlives it. */
  readonly origin?: Origin | undefined;
  /** Address of the uploaded page with charts and all items. */
  readonly htmlReport?: string | undefined;
  readonly override?: Override | null | undefined;
  /** Label with which a writer can override the check; absent if it would not count. */
  readonly overrideLabel?: string | undefined;
}

interface CommentOptions extends ShownOptions {
  /** Tells the comments of a matrix of jobs apart; `default` is not worth a mention. */
  readonly key: string;
  /** GitHub draws pictures in a step summary only. */
  readonly hasPictures?: boolean;
}

/** The comment: verdict, numbers that decide and what to do, then everything that a reader opens. */
export function commentDocument(report: Report, options: CommentOptions): Block[] {
  const { key, origin, override = null, hasPictures = false } = options;
  const isPass = report.verdict === 'pass';
  const warnings = [
    ...(override === null ? [] : [overrideLine(override)]),
    ...acceptedFindings(report).map((accepted) => `${ICONS.warn} ${phraseMarkdown(accepted)}`),
    ...(origin === undefined ? [] : originWarnings(origin)),
  ];
  const stop = report.probes && stopSentence(report.probes);
  const more = detailsOf(report, origin);
  const links = [drawn(originLinks(origin)), section(weightOf('links'), [drawn(moreLinks(report, options))])];
  return [
    drawn(heading(report.verdict, key)),
    section(weightOf('sentence'), [drawn(`**${phraseMarkdown(verdictSentence(report))}**`)]),
    drawn(warnings.join('<br>')),
    section(weightOf('deciding'), [
      isPass ? drawn(decidingLine(report)) : decidingBlock(report),
      { kind: 'notes', notes: stop ? [stop] : [] },
    ]),
    section(weightOf('steps'), [drawn(stepsOf(report, options.overrideLabel))]),
    section(weightOf('example'), [drawn(exampleMarkdown(report))]),
    { kind: 'row', blocks: links },
    ...series(weightOf('pictures'), (hasPictures ? accuracyCharts(report) : []).map(drawn)),
    // A pass is quiet.
    ...(isPass ? [fold('Details', more)] : more),
  ];
}

export const heading = (verdict: Verdict, key: string): string =>
  `## ${ICONS[verdict]} Shadow Gate: ${verdict}${key === 'default' ? '' : ` · ${codeName(key)}`}`;

function detailsOf(report: Report, origin: Origin | undefined): Block[] {
  const { infos } = findingsBySeverity(report);
  const listed = findingsToList(report);
  const items = series(weightOf('findings'), listed.slice(0, MOST_FINDINGS).map(findingItem));
  return [
    fold(formatCount(listed.length, 'finding'), [{ kind: 'list', items, total: listed.length }]),
    ...answersOf(report),
    fold('Spectra', [
      section(weightOf('spectra'), [
        ...(report.verdict === 'pass' ? [decidingBlock(report)] : []),
        deltaTable(report),
        quantizationTable(report),
      ]),
      fold('Calibration', [section(weightOf('calibration'), [calibrationTable(report)])]),
      screenedFold(report),
      ...moduleFolds(report),
    ]),
    section(weightOf('notes'), [
      fold(formatCount(infos.length, 'note'), [
        { kind: 'list', items: infos.slice(0, MOST_INFOS).map(findingItem), total: infos.length },
      ]),
    ]),
    skippedFold(report),
    section(weightOf('comparison'), [fold('What was compared', [drawn(footer(report, origin?.repository))])]),
  ];
}

function answersOf(report: Report): Block[] {
  const { probes } = report;
  const benchmarks = benchmarkTable(report);
  const ofLogs = [benchmarks, suiteTable(report), sliceTable(report)];
  const title = benchmarks.rows.length === 0 ? 'Probes' : 'Answers';
  if (probes === null) return [fold(title, [section(weightOf('answers'), ofLogs)])];
  const { kinds, flips } = probes.comparison;
  const deciding = decidingKinds(kinds);
  const example = exampleMarkdown(report);
  const others = example === '' ? flips : flips.slice(1);
  const remarks = probeRemarks(probes.comparison);
  const evidence: Block[] = [
    // All kinds, if some do not decide.
    kindTable(deciding.length === kinds.length ? [] : kinds, 48),
    { kind: 'list', items: remarks.map((words) => ({ kind: 'item', words })), total: remarks.length },
    ...EVIDENCE_TABLES.map((of) => of(probes)),
  ];
  return [
    fold(title, [
      section(weightOf('answers'), [
        { kind: 'code', text: intervalChart(report) },
        kindTable(deciding),
        shadowTable(probes),
        { kind: 'notes', notes: probeSectionNotes(probes) },
        ...ofLogs,
      ]),
      fold('All other forms, and answers that changed', series(weightOf('evidence'), evidence)),
      fold('Probes by family', [section(weightOf('families'), [familyTable(probes)])]),
    ]),
    fold(
      flipSummary(others),
      series(
        weightOf('flips'),
        others.map((flip) => drawn(flipMarkdown(flip, probes.items))),
      ),
    ),
  ];
}

function stepsOf(report: Report, label: string | undefined): string {
  const steps = whatToDo(report).map((step) => phraseMarkdown(step));
  if (label !== undefined) {
    steps.push(
      `To merge this commit without a new baseline, somebody with write access, other than the author, can put the label ${codeName(label)} on this pull request.`,
    );
  }
  return steps.length === 0 ? '' : `**What to do**: ${steps.join('<br>')}`;
}

function findingItem(finding: Finding): Block {
  const words = phrase`${findingLink(finding.kind, wordsOf(finding).title)}: ${describeFinding(finding)}`;
  return { kind: 'item', mark: finding.level, words };
}

/** The numbers of a pass, in one line. */
function decidingLine(report: Report): string {
  const parts = decidingTable(report).map((row) => {
    const numbers = row.candidate === NO_NUMBER ? row.change : decidingValues(row);
    return `${ICONS[row.mark]}\u00a0${phraseMarkdown(row.check, { narrow: true })} ${numbers}`;
  });
  return parts.join(' · ');
}

/** The page with charts, the baseline and its age, the finding that decides, and the glossary. */
function moreLinks(report: Report, { origin, htmlReport }: Pick<CommentOptions, 'origin' | 'htmlReport'>): string {
  const finding = decidingFinding(report);
  return [
    ...(htmlReport === undefined || !isAddress(htmlReport) ? [] : [`[explore the report](${htmlReport})`]),
    baselineLink(report, origin),
    ...(finding === null ? [] : [`about ${findingMarkdown(finding.kind, `“${wordsOf(finding).title}”`)}`]),
    GLOSSARY_LINK,
  ].join(' · ');
}

/** No character of our own addresses can end a link or begin another one. */
const isAddress = (url: string): boolean => /^https?:\/\/[\w.:/?=&%#~-]+$/.test(url);

function baselineLink(report: Report, origin: Origin | undefined): string {
  const { baseline } = report;
  if (baseline === null) return `no ${termLink('baseline', 'baseline')}`;
  const age = baselineAge(report);
  const where = baseline.commit === null ? '' : ` ${commitLink(baseline.commit, origin?.repository)}`;
  return `${termLink('baseline', 'baseline')}${where}${age === null ? '' : `, ${age}`}`;
}

/** The label that turned a failed check neutral, and who put it on the pull request. */
export interface Override {
  readonly label: string;
  readonly login: string;
}

/** Stands above the numbers, which are of a failed check. */
const overrideLine = ({ label, login }: Override): string =>
  `${ICONS.warn} ${codeName(login)} overrode this check for this commit, with the label ${codeName(label)}: it is neutral. The next commit is judged anew.`;

const DIGEST_LENGTH = 'sha256:'.length + 12;

/** What was compared, by which tool, and what the verdict does not claim. @param repository of the baseline's commit */
export function footer(report: Report, repository?: string): string {
  const { candidate, baseline, reference, tool } = report;
  const named = (role: string, { path, digest, dtypes }: Pick<Report['candidate'], 'path' | 'digest' | 'dtypes'>) => {
    const stored = storedIn(dtypes).map((dtype) => codeName(dtype));
    const weights = stored.length === 0 ? '' : ` in ${stored.join(', ')}`;
    return `${role} ${codeName(path)} ${codeName(digest.slice(0, DIGEST_LENGTH))}${weights}`;
  };
  const subjects = [
    named('Candidate', candidate),
    baseline === null ? 'no baseline' : named('baseline', baseline) + ageOf(baseline, repository),
    reference === null ? withoutReference(report) : named('reference', reference),
  ];
  const run = `Shadow Gate ${plainText(tool.version)} · ${plainText(report.device)}${precisionPart(report, ' · ')} · ${formatDuration(report.durationSeconds)}`;
  return `<sub>${subjects.join(' · ')}<br>${run}<br>${reportDisclaimer(report)}</sub>`;
}

function withoutReference({ findings, benchmarks }: Report): string {
  if (benchmarks !== null) return 'no weights';
  const isServed = findings.some((finding) => finding.kind === 'no-weights' && finding.side === 'candidate');
  return isServed ? 'no weights' : 'no reference (W only)';
}

/** An approval that is a year old is worth little. */
function ageOf({ measured, commit }: NonNullable<Report['baseline']>, repository: string | undefined): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(measured)?.[0];
  const parts = [
    ...(day === undefined ? [] : [`measured ${day}`]),
    ...(commit === null ? [] : [`as of commit ${commitLink(commit, repository)}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
