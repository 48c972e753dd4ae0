import { codeName } from '../escape.ts';
import { FULL_SHA, shortSha, whoseRun } from '../text/provenance.ts';

/** The workflow run that made a report. Later runs have a larger id, later attempts of a run a larger attempt. */
export interface ReportRun {
  readonly id: number;
  readonly attempt: number;
  /** The commit that was checked: the head of a pull request, not its merge commit. Null if the event does not say. */
  readonly commit: string | null;
}

/** The source of a page. */
export interface Origin extends ReportRun {
  /** Address of the repository, without a slash at the end. */
  readonly repository: string;
  /** `own`: the run that writes the page. The author of a change can edit the workflow of the others. */
  readonly by: 'own' | 'pull-request' | 'fork';
  /** Newest commit of the pull request; null if unknown. */
  readonly head: string | null;
}

/** A hidden line with the run of a page. */
export const runMarker = ({ id, attempt, commit }: ReportRun): string =>
  `<!-- shadow-gate-run: ${id}.${attempt}${commit !== null && FULL_SHA.test(commit) ? ` ${commit}` : ''} -->`;

/** Reads the {@link runMarker} in the second line of a page; null without one, as in comments of 0.1 and 0.2. */
export function runOfPage(page: string): ReportRun | null {
  const match = /^<!-- [^\n]* -->\r?\n<!-- shadow-gate-run: (\d{1,15})\.(\d{1,9})(?: ([0-9a-f]+))? -->\r?\n/.exec(page);
  return match === null ? null : { id: Number(match[1]), attempt: Number(match[2]), commit: match[3] ?? null };
}

/** A commit, as a link if it is a full name and has an address. */
export function commitLink(commit: string, repository: string | undefined): string {
  const label = codeName(shortSha(commit));
  return repository !== undefined && FULL_SHA.test(commit) ? `[${label}](${repository}/commit/${commit})` : label;
}

export function runLink({ id, attempt, repository }: Origin): string {
  const run = `${repository}/actions/runs/${id}`;
  return attempt > 1 ? `[run ${id}, attempt ${attempt}](${run}/attempts/${attempt})` : `[run ${id}](${run})`;
}

/** Links to the run and commit of a page; empty if unknown. */
export function originLinks(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  const { commit, repository } = origin;
  return [runLink(origin), ...(commit === null ? [] : [`commit ${commitLink(commit, repository)}`])].join(' · ');
}

/** Commit and run of a page, and how far its numbers can be trusted. */
export function originLines(origin: Origin): string {
  const { commit, repository } = origin;
  const about = commit === null ? 'From' : `About commit ${commitLink(commit, repository)}, from`;
  return `<sub>${[`${about} ${runLink(origin)}.`, ...originWarnings(origin)].join('<br>')}</sub>`;
}

/** Warnings that the page is outdated, or from an untrusted run. */
export function originWarnings({ commit, head, by, repository }: Origin): string[] {
  const moved = head !== null && commit !== null && head !== commit ? commitLink(head, repository) : null;
  return [
    ...(moved === null ? [] : [`⚠️ The pull request has moved on to commit ${moved}, which this result is not about.`]),
    ...(by === 'own' ? [] : [whoseRun(by)]),
  ];
}
