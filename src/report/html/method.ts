import { groupBy } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { table } from '../render/html/draw.ts';
import { type Html, html } from '../render/html/html.ts';
import { icon, NOT_JUDGED } from '../render/html/icon.ts';
import { phraseHtml } from '../render/html/phrase.ts';
import { describeFinding } from '../summary/finding.ts';
import { groupSummary, ruleGroups } from '../summary/rule-groups.ts';
import { withoutInLogs } from '../text/benchmarks.ts';
import { methodFacts, subjectFacts } from '../text/measurement-facts.ts';
import { ofName } from '../text/metric-names.ts';
import { formatCount, formatDuration } from '../text/numbers.ts';
import { type Phrase, phrase, prose } from '../text/phrase.ts';
import type { RuleGroup, RuleRow } from '../text/rule-row.ts';
import { screeningWords } from '../text/screening.ts';
import { stopSentence } from '../text/stops.ts';
import { reportDisclaimer } from '../text/words.ts';
import type { PageOptions, PageSection } from './section.ts';

/** Rules with their limits, gaps, and everything needed to reproduce the measurement. */
export const METHOD_SECTION: PageSection = {
  id: 'method',
  title: 'Method',
  render(report, options): Html {
    return html`${rules(report, options)}${notMeasured(report, options)}${measurement(report, options)}
<p class="note">${reportDisclaimer(report)}</p>`;
  },
};

function rules(report: Report, options: PageOptions): Html {
  const groups = ruleGroups(report).map((group) => ruleFold(group, options));
  const body = groups.length === 0 ? html`<p>This report is of a version that kept no limits in it.</p>` : groups;
  return html`<h3>Rules and limits</h3>
<p class="note">Every rule of the policy, with what came nearest to its limit. <a href="${options.docs}/reference/policy.md">About the policy</a></p>
${body}`;
}

function ruleFold(group: RuleGroup, options: PageOptions): Html {
  const worst = WORST_FIRST.find((mark) => group.rows.some((row) => row.mark === mark));
  const head = ['rule', 'limit', 'candidate', 'level'];
  const rows = group.rows.map((row) => ruleCells(row, options));
  const summary = html`<summary>${worst === undefined ? NOT_JUDGED : icon(worst)}${group.title} <span class="note">${groupSummary(group)}</span></summary>`;
  return html`<details>${summary}${table({ label: `Rules: ${group.title}`, head, rows }, 'stacked')}</details>`;
}

const WORST_FIRST = ['fail', 'inconclusive', 'warn', 'pass'] as const;

function ruleCells({ check, finding, limit, level, mark, stands }: RuleRow, { docs }: PageOptions): (Html | string)[] {
  return [
    html`${mark === null ? NOT_JUDGED : icon(mark)}${phraseHtml(check, docs)}`,
    limit,
    phraseHtml(stands, docs),
    html`<a class="level" href="${docs}/reference/findings.md#${finding}">${level}</a>`,
  ];
}

function notMeasured(report: Report, { docs }: PageOptions): Html {
  const sentences = gapSentences(report).map((sentence) => html`<li>${phraseHtml(sentence, docs)}</li>\n`);
  const gaps = measurementGaps(report).map((gap) => gapFold(gap, docs));
  const list = sentences.length === 0 ? null : html`<ul>${sentences}</ul>`;
  const nothing = sentences.length + gaps.length === 0 ? html`<p>Everything was measured.</p>` : null;
  return html`<h3>What was not measured, and why</h3>${nothing}${list}${gaps}`;
}

function gapFold({ what, why, names }: Gap, docs: string): Html {
  const listed = names.map((name, i) => html`${i === 0 ? '' : ', '}<code>${name}</code>`);
  return html`<details><summary>${what}: ${phraseHtml(why, docs)}</summary><p>${listed}</p></details>\n`;
}

function measurement(report: Report, { docs }: PageOptions): Html {
  const head = ['', 'candidate', 'baseline', 'reference'];
  const rows = subjectFacts(report).map(({ label, values }) => [
    label,
    ...values.map((value) => phraseHtml(value, docs)),
  ]);
  const subjects = table({ label: 'What was compared', head, rows }, 'stacked');
  const facts = methodFacts(report).map(
    ([label, value]) => html`<dt>${label}</dt><dd>${phraseHtml(value, docs)}</dd>\n`,
  );
  return html`<h3>How it was measured</h3><details><summary>What was compared</summary>${subjects}</details><dl class="facts">${facts}</dl>`;
}

export interface Gap {
  readonly what: string;
  readonly why: Phrase;
  /** Foreign; not all if there are very many. */
  readonly names: readonly string[];
}

const MOST_NAMES = 200;

/** Tensors and probe items that were left out, by reason; the most frequent first. */
export function measurementGaps(report: Report): Gap[] {
  const { skipped, probes } = report;
  const items = (probes?.leftOut ?? []).map(({ suite, id, reason }) => ({ name: `${suite}: ${id}`, reason }));
  return [...gapsIn(skipped, 'tensor'), ...screenedGap(report), ...gapsIn(items, 'probe item')];
}

function screenedGap(report: Report): Gap[] {
  const words = screeningWords(report);
  if (words === null || words.screened.length === 0) return [];
  const what = `full spectra of ${formatCount(words.screened.length, 'matrix', 'matrices')}`;
  const names = words.screened.slice(0, MOST_NAMES).map(({ of, name }) => `${name} (${ofName(of)})`);
  return [{ what, why: [words.sentence], names }];
}

const gapsIn = (all: ReadonlyArray<{ readonly name: string; readonly reason: string }>, one: string): Gap[] =>
  [...groupBy(all, ({ reason }) => reason)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, members]) => ({
      what: formatCount(members.length, one),
      why: phrase`${prose(reason)}`,
      names: members.slice(0, MOST_NAMES).map(({ name }) => name),
    }));

/** Other gaps in measurement and judgment. */
export const gapSentences = (report: Report): Phrase[] => [
  ...report.findings.filter(({ kind }) => FINDING_WORDS[kind].isGap).map(describeFinding),
  ...notAsked(report),
  ...(report.trend === null ? [NO_TREND] : []),
  ...(report.benchmarks === null ? [] : [phrase`Logs of an evaluation have ${withoutInLogs(report)}.`]),
];

const NO_TREND = phrase`The report has no trend: only scheduled checks of the action keep a history.`;

function notAsked({ probes }: Report): Phrase[] {
  if (probes === null) return [];
  const stop = stopSentence(probes);
  if (stop !== null && probes.sequential?.settled) return [stop];
  if (probes.budgetSeconds === null) return [];
  const all = probes.suites.reduce((sum, { items }) => sum + items, 0);
  const rest = all - probes.asked - probes.leftOut.length;
  if (rest <= 0) return [];
  return [
    phrase`${formatCount(rest, 'probe item')} of ${formatCount(all, 'item')} were not asked: the time limit was ${formatDuration(probes.budgetSeconds)}.`,
  ];
}
