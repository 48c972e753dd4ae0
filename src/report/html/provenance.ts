import type { Report } from '../../compare/report.ts';
import { COMMIT, type Origin } from '../markdown/origin.ts';
import { Html, html } from '../render/html/html.ts';
import { baselineAge, shortSha, whoseRun } from '../text/provenance.ts';
import type { PageOptions } from './section.ts';

export function provenance(report: Report, { docs, origin }: PageOptions): Html {
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
  return repository !== undefined && COMMIT.test(commit)
    ? html`<a href="${Html.trusted(`${repository}/commit/${commit}`)}">${label}</a>`
    : label;
}

function originParts({ id, attempt, commit, repository }: Origin): Html[] {
  const run = html`<a href="${repository}/actions/runs/${id}/attempts/${attempt}">run ${id}${attempt > 1 ? `, attempt ${attempt}` : ''}</a>`;
  return [run, ...(commit === null ? [] : [html`commit ${commitLink(commit, repository)}`])];
}
