import type { Report } from '../../compare/report.ts';
import type { Origin } from '../markdown/origin.ts';
import { Html, html } from '../render/html/html.ts';
import { baselineAge, shortSha, whoseRun } from '../text/provenance.ts';
import type { PageOptions } from './section.ts';

/**
 * What the verdict is about: candidate and baseline with its age, the run and the commit, and where the words are
 * explained.
 */
export function provenance(report: Report, { docs, origin }: PageOptions): Html {
  const { candidate, baseline, reference } = report;
  const repository = origin?.repository;
  const age = baselineAge(report);
  const parts = [
    html`candidate <code>${candidate.path}</code>`,
    baseline === null
      ? html`no baseline`
      : html`baseline <code>${baseline.path}</code>${commitPart(baseline.commit, repository)}${age === null ? '' : `, ${age}`}`,
    reference === null ? null : html`reference <code>${reference.path}</code>`,
    ...(origin === null ? [] : originParts(origin)),
    html`<a href="${docs}/reference/glossary.md">glossary</a>`,
    html`<a href="${docs}/reference/findings.md">findings explained</a>`,
  ].filter((part) => part !== null);
  const warning = origin === null || origin.by === 'own' ? null : html`<p class="note">${whoseRun(origin.by)}</p>`;
  return html`<p class="provenance">${parts.map((part) => html`<span>${part}</span> `)}</p>${warning}`;
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

function commitPart(commit: string | null, repository: string | undefined): Html | null {
  return commit === null ? null : html` of ${commitLink(commit, repository)}`;
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
