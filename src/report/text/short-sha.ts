/** The first seven digits of a commit, as git and GitHub show it. */
export const shortSha = (sha: string): string => sha.slice(0, 7);
