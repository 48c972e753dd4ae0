import { codeName } from '../escape.ts';
import { ICONS } from '../text/words.ts';

/** The label that turned a failed check neutral, and who put it on the pull request. */
export interface Override {
  readonly label: string;
  readonly login: string;
}

/** Said above everything else: the numbers below are those of a check that failed. */
export function overrideLine({ label, login }: Override): string {
  return `${ICONS.warn} ${codeName(login)} overrode this check for this commit, with the label ${codeName(label)}: it is neutral. The next commit is judged anew.`;
}

/** A way out without a new baseline, where the workflow has one. */
export function overrideOffer(label: string): string {
  return `To merge this commit without a new baseline, somebody with write access, other than the author, can put the label ${codeName(label)} on this pull request.`;
}
