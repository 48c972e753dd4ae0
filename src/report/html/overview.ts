import type { Finding } from '../../compare/finding.ts';
import type { Estimate } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import type { Origin } from '../markdown/origin.ts';
import { plainTable } from '../render/html/draw.ts';
import { Html, html, lines } from '../render/html/html.ts';
import { icon } from '../render/html/icon.ts';
import { phraseHtml } from '../render/html/phrase.ts';
import { decidingBlock } from '../sections/deciding.ts';
import { describeFinding } from '../summary/finding.ts';
import { decidingFinding, findingsBySeverity, findingsToList, verdictSentence, whatToDo } from '../summary/verdict.ts';
import { factsRow } from '../text/exam-and-twins.ts';
import { type AnsweredForm, exampleFlip } from '../text/example.ts';
import {
  formatCount,
  formatEnds,
  formatPart,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  pointsDigits,
} from '../text/numbers.ts';
import { term } from '../text/phrase.ts';
import { baselineAge, FULL_SHA, shortSha, whoseRun } from '../text/provenance.ts';
import { stopSentence } from '../text/stops.ts';
import { EXAM } from '../text/twin-words.ts';
import { answerLine } from './probes/fact-row.ts';
import type { PageOptions, PageSection } from './section.ts';

export const OVERVIEW_SECTION: PageSection = {
  id: 'overview',
  title: 'Overview',
  render(report, options): Html {
    const { infos } = findingsBySeverity(report);
    const number = heroNumber(report);
    return html`<div class="verdict ${report.verdict}"><div><p class="sentence">${phraseHtml(verdictSentence(report), options.docs)}</p>${provenance(report, options)}</div>${number && hero(number)}</div>
<div class="glance">${deciding(report, options)}${example(report, options)}</div>${nextSteps(report, options)}${findings(findingsToList(report), options)}${fold('note', infos, options)}`;
  },
};

function deciding(report: Report, { docs }: PageOptions): Html | null {
  const table = decidingBlock(report);
  if (table.rows.length === 0) return null;
  const stop = report.probes && stopSentence(report.probes);
  const note = stop && html`<p class="note">${phraseHtml(stop, docs)}</p>`;
  return html`<div><h3>${table.title}</h3>${plainTable(table, docs)}${note}</div>`;
}

function example(report: Report, { docs }: PageOptions): Html | null {
  const found = exampleFlip(report);
  if (found === null) return null;
  const { flip, exam } = found;
  const other = flip.beside === undefined ? phraseHtml([term('twin', 'Other form')], docs) : 'Options shuffled';
  return html`<div><h3>For example</h3><div class="cards">${formCard(phraseHtml([EXAM], docs), exam)}${formCard(other, flip)}</div></div>`;
}

function formCard(title: Html | string, { prompt, right, baseline, candidate }: AnsweredForm): Html {
  const line = (side: 'baseline' | 'candidate', given: string | null) =>
    answerLine(side, { given, isRight: given === right });
  return html`<div><h4>${title}</h4>${prompt === null ? null : html`<pre>${lines(prompt)}</pre>`}<p>correct <code>${right}</code>${line('baseline', baseline)}${line('candidate', candidate)}</div>`;
}

function nextSteps(report: Report, { docs }: PageOptions): Html | null {
  const steps = whatToDo(report).map((step) => html`<li>${phraseHtml(step, docs)}</li>\n`);
  return steps.length === 0 ? null : html`<h3>What to do</h3><ol>${steps}</ol>`;
}

/** A screenful; the others are folded. */
const MOST_SHOWN = 20;

function findings(listed: readonly Finding[], options: PageOptions): Html | null {
  if (listed.length === 0) return null;
  const more = fold('more finding', listed.slice(MOST_SHOWN), options);
  return html`<h3>Findings</h3>${list(listed.slice(0, MOST_SHOWN), options)}${more}`;
}

function fold(one: string, folded: readonly Finding[], options: PageOptions): Html | null {
  if (folded.length === 0) return null;
  return html`<details><summary>${formatCount(folded.length, one)}</summary>${list(folded, options)}</details>`;
}

const list = (listed: readonly Finding[], options: PageOptions): Html =>
  html`<ul class="findings">${listed.map((finding) => item(finding, options))}</ul>`;

function item(finding: Finding, { docs }: PageOptions): Html {
  const more = html`<a class="more" href="${docs}/reference/findings.md#${finding.kind}" aria-label="About the finding ${finding.kind}">about</a>`;
  return html`<li>${icon(finding.level)}<span>${phraseHtml(describeFinding(finding), docs)} ${more}</span></li>\n`;
}

/** The size of the drawing in its own units; the page scales it. */
const [WIDTH, HEIGHT, MIDDLE] = [400, 48, 16];

/** The number to remember, large, with its interval as a bar against its limit. */
function hero({ value, lower, upper, limit, shown, words, note }: HeroNumber): Html {
  const known = [value, limit, 0, ...[lower, upper].filter((end) => end !== null)];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const margin = 0.06 * (most - least || 1);
  const at = (share: number) => Math.round((WIDTH * (share - least + margin)) / (most - least + 2 * margin));
  const [from, to] = [lower === null ? 0 : at(lower), upper === null ? WIDTH : at(upper)];
  const beyond = at(limit);
  return html`<figure class="hero"><p><strong>${shown}</strong> ${words}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${shown} ${words} (${note})">
<line class="zero" x1="0" x2="${WIDTH}" y1="${MIDDLE}" y2="${MIDDLE}"/><rect class="accepted" x="${beyond}" y="4" width="${WIDTH - beyond}" height="24" rx="3"/><line class="zero" x1="${at(0)}" x2="${at(0)}" y1="4" y2="28"/>
<line class="interval" x1="${from}" x2="${to}" y1="${MIDDLE}" y2="${MIDDLE}"/><circle cx="${at(value)}" cy="${MIDDLE}" r="6"/>
<line class="limit" x1="${beyond}" x2="${beyond}" y1="0" y2="32"/><text x="${beyond}" y="46" text-anchor="${beyond > WIDTH / 2 ? 'end' : 'start'}">limit</text></svg>
<figcaption>${note}</figcaption></figure>`;
}

function provenance(report: Report, { docs, origin }: PageOptions): Html {
  const { candidate, baseline, reference } = report;
  const repository = origin?.repository;
  const age = baselineAge(report);
  const parts = [
    html`candidate <code>${candidate.path}</code>`,
    baseline === null
      ? html`no baseline`
      : html`baseline <code>${baseline.path}</code>${baseline.commit === null ? null : html` of ${commitLink(baseline.commit, repository)}`}${age && `, ${age}`}`,
    reference === null ? null : html`reference <code>${reference.path}</code>`,
    ...(origin === null ? [] : originParts(origin)),
    html`<a href="${docs}/reference/glossary.md">glossary</a>`,
    html`<a href="${docs}/reference/findings.md">findings explained</a>`,
  ].filter((part) => part !== null);
  const warning = origin === null || origin.by === 'own' ? null : html`<p class="note">${whoseRun(origin.by)}</p>`;
  return html`<p class="provenance">${parts.map((part) => html`<span>${part}</span> `)}</p>${warning}`;
}

/** Only names of commits become links. */
function commitLink(commit: string, repository: string | undefined): Html {
  const label = html`<code>${shortSha(commit)}</code>`;
  return repository !== undefined && FULL_SHA.test(commit)
    ? html`<a href="${Html.trusted(`${repository}/commit/${commit}`)}">${label}</a>`
    : label;
}

function originParts({ id, attempt, commit, repository }: Origin): Html[] {
  const run = html`<a href="${repository}/actions/runs/${id}/attempts/${attempt}">run ${id}${attempt > 1 ? `, attempt ${attempt}` : ''}</a>`;
  return [run, ...(commit === null ? [] : [html`commit ${commitLink(commit, repository)}`])];
}

/** The number to remember, with its interval, as shares. */
export interface HeroNumber extends Estimate {
  /** It must not fall below this. */
  readonly limit: number;
  /** `−41.9 points`. */
  readonly shown: string;
  readonly words: string;
  /** `95% interval −45.0 to −38.7; limit −2 points`. */
  readonly note: string;
}

/** The transfer of a gain if that decides, else the change in other forms; null if the probes have no baseline. */
export function heroNumber(report: Report): HeroNumber | null {
  const finding = decidingFinding(report);
  if (finding?.kind === 'shadow-delta') {
    const { transfer, transferLimit } = finding;
    return {
      ...transfer,
      limit: transferLimit,
      shown: formatPart(transfer.value),
      words: 'of the gain carries over',
      note: `${formatEnds(transfer, formatPart)}; limit ${formatPercentLimit(transferLimit)}`,
    };
  }
  const change = factsRow(report, null)?.twinChange;
  const drop = report.applied?.settings['twin-accuracy'].drop;
  if (!change || drop === undefined) return null;
  return {
    ...change,
    limit: -drop,
    shown: formatPointsChange(change.value),
    words: 'in other forms',
    note: `${formatEnds(change, pointsDigits)}; limit −${formatPointsLimit(drop)}`,
  };
}
