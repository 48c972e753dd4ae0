import { printable } from '../../report/escape.ts';
import { BASELINE_FILE } from './existing.ts';
import { quoteShellWord, shellPath } from './shell-words.ts';
import { CANDIDATE_FILE, type CandidateSource } from './workflow-text.ts';

interface NextSteps {
  /** How to start this program again. */
  readonly program: string;
  /** What is to be committed: the files that were written, and those that they name. */
  readonly commit: readonly string[];
  readonly hasRepository: boolean;
  /** The workflow names the action by its placeholder. */
  readonly isPlaceholder: boolean;
  readonly source: CandidateSource;
  readonly usesHub: boolean;
  /** The options of a command line that name the candidate, and how it is measured. */
  readonly options: ReadonlyArray<readonly [option: string, value: string]>;
  /** The checkpoint to measure as the baseline; undefined: at a server. */
  readonly approved: string | undefined;
  /** Null: it has not been measured yet. */
  readonly baseline: string | null;
}

/** Three steps, one of them to try at once. Each line that starts with six spaces is a command. */
export function initNextSteps(steps: NextSteps): string[] {
  const { hasRepository, commit, baseline, source } = steps;
  const add = ['git', 'add', ...commit.map(shellPath)].join(' ');
  return [
    'Next:',
    source.kind === 'local'
      ? `  1. Commit these files, and ${printable(source.checkpoint)} if it is not committed yet:`
      : '  1. Commit these files:',
    ...(hasRepository ? [] : ['      git init']),
    ...(commit.length > 0 ? [`      ${add}`] : []),
    "      git commit -m 'Add Shadow Gate'",
    ...notes(steps).map((note) => `     ${note}`),
    `  2. ${openPullRequest(source)}`,
    ...(baseline === null
      ? [
          '  3. Measure the first baseline, and commit it too:',
          `      ${command(approvedIn(steps), 'measure', ['--out', BASELINE_FILE])}`,
        ]
      : ['  3. Try it now:', `      ${command(steps, 'check', ['--baseline', baseline, '--out', 'report'])}`]),
    ...laterSteps(steps),
  ];
}

/**
 * Limits for the spectra need known-good checkpoints, which nobody has on the first day, and the weights that they were
 * trained from.
 */
function laterSteps({ program, options }: NextSteps): string[] {
  if (!options.some(([option]) => option === '--reference')) return [];
  return [
    `Later: '${program} calibrate' sets limits for the spectra from known-good runs of your own (docs/how-to/calibration.md).`,
  ];
}

function notes({ isPlaceholder, usesHub, source }: NextSteps): string[] {
  return [
    ...(isPlaceholder ? ['In the workflow, replace OWNER by the account that hosts the action.'] : []),
    ...(usesHub ? ['For a private or gated model, add the secret HF_TOKEN (Settings, Secrets).'] : []),
    ...(source.kind === 'server' ? ['If the server wants a key, add the secret OPENAI_API_KEY.'] : []),
  ];
}

function openPullRequest(source: CandidateSource): string {
  const end = '; the gate comments on it.';
  switch (source.kind) {
    case 'local':
      return `Open a pull request that changes ${printable(source.checkpoint)}${end}`;
    case 'hub':
      return `Open a pull request that changes the commit in ${CANDIDATE_FILE}${end}`;
    case 'server':
      return `Open a pull request that changes the model in ${CANDIDATE_FILE}${end}`;
  }
}

/** The same with the approved checkpoint in place of the candidate. */
function approvedIn({ approved, options, ...steps }: NextSteps): NextSteps {
  const measured = options.map(
    ([option, value]) => [option, option === '--checkpoint' ? (approved ?? value) : value] as const,
  );
  return { ...steps, approved, options: measured };
}

function command({ program, options }: NextSteps, name: string, last: readonly string[]): string {
  const words = options.flatMap(([option, value]) => [option, shellPath(value)]);
  return [program, name, ...words, ...last.map(quoteShellWord)].join(' ');
}
