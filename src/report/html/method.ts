import type { Report } from '../../compare/report.ts';
import { type Html, html } from '../render/html/html.ts';
import { icon, NOT_JUDGED } from '../render/html/icon.ts';
import { phraseHtml } from '../render/html/phrase.ts';
import { table } from '../render/html/table.ts';
import { type Gap, gapSentences, measurementGaps } from '../summary/not-measured.ts';
import { groupSummary, ruleGroups } from '../summary/rule-groups.ts';
import { methodFacts, subjectFacts } from '../text/measurement-facts.ts';
import type { RuleGroup, RuleRow } from '../text/rule-row.ts';
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
