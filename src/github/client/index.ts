export { type ClientOptions, openClient } from './client.ts';
export { describeGithubError } from './errors.ts';
export { withoutCommands } from './log.ts';
export { githubRunner, type NumberOutputs, type Runner } from './runner.ts';
export { isSameName } from './same-name.ts';
export type { Octokit, PullRequest, Repository } from './types.ts';
