import { pathFilter, workflowWord } from './yaml-words.ts';

/** Where the candidate of a pull request comes from. */
export type CandidateSource =
  /** A path in the repository, which the pull request changes. */
  | { readonly kind: 'local'; readonly checkpoint: string; readonly lfs: boolean }
  /** A hub: the pull request changes CANDIDATE_FILE, `org/model COMMIT`. */
  | { readonly kind: 'hub'; readonly folder: string }
  /** A server: the pull request changes CANDIDATE_FILE, which has the name of the model there. */
  | {
      readonly kind: 'server';
      readonly endpoint: string;
      readonly tokenizer: string | null;
      /** Only runners in the same network reach it. */
      readonly isPrivate: boolean;
    };

export interface WorkflowFacts {
  /** `owner/name@ref`. */
  readonly action: string;
  readonly source: CandidateSource;
  /** A path in the repository, or of a hub. */
  readonly reference: string | null;
  /** Null for the default path. */
  readonly baseline: string | null;
  readonly only: 'spectra' | 'probes' | null;
  /** Time limit for the probes, such as `5m`. */
  readonly budget: string | null;
  /** A checkpoint, a reference or a tokenizer is on a hub. */
  readonly usesHub: boolean;
  readonly timeoutMinutes: number;
  /** What the runner has to have, in words; null if the smallest one has it. */
  readonly runnerNeeds: string | null;
}

/** What says which model of a hub or a server is the candidate. */
export const CANDIDATE_FILE = 'candidate.txt';

/** The versions that the workflows of the examples are pinned to; a test compares them. */
export const ACTION_PINS = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  upload: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
} as const;

const FORK = 'github.event.pull_request.head.repo.fork';

/** The workflow of a repository. No name from outside is in a comment or in a script. */
export function workflowText(facts: WorkflowFacts): string {
  const { source, timeoutMinutes } = facts;
  return [
    'name: shadow gate',
    '',
    '# Written by `shadow-gate init`. Measures the candidate of a pull request and compares it with the baseline that is committed on the',
    '# base branch. The token of a pull request from a fork cannot comment: copy examples/workflows/publish-report.yml of Shadow Gate',
    '# beside this file if you expect some.',
    ...triggers(facts),
    '',
    'permissions:',
    '  contents: read # checkout; a job that needs more says so',
    '',
    'concurrency:',
    `  group: shadow-gate-\${{ github.ref }}`,
    '  cancel-in-progress: true',
    '',
    'jobs:',
    '  gate:',
    ...runsOn(facts),
    `    timeout-minutes: ${timeoutMinutes}`,
    '    permissions:',
    '      actions: read # which cached measurements can be trusted',
    '      checks: write # the check run with its details',
    '      contents: read # the checkpoint, and baseline and policy at the base commit',
    '      pull-requests: write # the comment',
    '    steps:',
    ...(isPrivate(source) ? REFUSE_FORKS : []),
    `      - uses: ${ACTION_PINS.checkout}`,
    '        with:',
    ...(source.kind === 'local' && source.lfs ? ['          lfs: true'] : []),
    '          persist-credentials: false',
    ...READ_CANDIDATE[source.kind],
    ...gate(facts),
    `      - uses: ${ACTION_PINS.upload}`,
    "        if: always() && steps.gate.outputs.report != ''",
    '        with:',
    '          name: shadow-gate-report',
    `          path: \${{ steps.gate.outputs.report }}`,
    '',
  ].join('\n');
}

function isPrivate(source: CandidateSource): boolean {
  return source.kind === 'server' && source.isPrivate;
}

function triggers({ source, reference }: WorkflowFacts): string[] {
  const own = source.kind === 'local' ? [pathFilter(source.checkpoint)] : [CANDIDATE_FILE];
  const base = reference === null || reference.startsWith('hf://') ? [] : [pathFilter(reference)];
  const filters = [...own, ...base, 'shadow-gate.yml'];
  return [
    'on:',
    '  pull_request:',
    '    types: [opened, synchronize, reopened, edited] # edited: it may have another base branch',
    // Without a filter for the checkpoint, no filter would be right.
    ...(filters.includes(null)
      ? []
      : [
          '    # Remove this if the check is required: GitHub would wait forever for a check that no run reports.',
          '    paths:',
          ...filters.map((filter) => `      - ${workflowWord(filter ?? '')}`),
        ]),
    '  merge_group:',
  ];
}

function runsOn({ source, runnerNeeds }: WorkflowFacts): string[] {
  if (isPrivate(source)) {
    return [
      '    # The server is reached from your own machines alone. They must not run code of strangers: a pull request from a fork fails in',
      '    # its first step, on a hosted runner. Require approval for all outside contributors as well (Settings, Actions, General).',
      `    runs-on: \${{ ${FORK} && 'ubuntu-latest' || fromJSON('["self-hosted", "linux", "x64"]') }}`,
    ];
  }
  return [
    `    runs-on: ubuntu-latest${runnerNeeds === null ? '' : ` # too small: choose a runner with ${runnerNeeds}`}`,
  ];
}

const REFUSE_FORKS = [
  `      - if: ${FORK}`,
  '        run: |',
  '          echo "::error::Pull requests from forks do not run here: push the branch to this repository."',
  '          exit 1',
];

/** The line is checked before it becomes an input: a pull request writes it. */
const READ_CANDIDATE: Readonly<Record<CandidateSource['kind'], readonly string[]>> = {
  local: [],
  hub: [
    '      - id: candidate',
    '        run: |',
    `          read -r model revision < ${CANDIDATE_FILE}`,
    String.raw`          if ! [[ "$model $revision" =~ ^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\ [0-9a-f]{40}$ ]]; then`,
    `            echo "::error::${CANDIDATE_FILE} is not 'org/model COMMIT', with all 40 digits of the commit."`,
    '            exit 1',
    '          fi',
    '          echo "model=$model" >> "$GITHUB_OUTPUT"',
    '          echo "revision=$revision" >> "$GITHUB_OUTPUT"',
  ],
  server: [
    '      - id: candidate',
    '        run: |',
    `          read -r model < ${CANDIDATE_FILE}`,
    '          if ! [[ "$model" =~ ^[A-Za-z0-9][A-Za-z0-9._:/-]*$ ]]; then',
    `            echo "::error::${CANDIDATE_FILE} is not the name of a model on the server."`,
    '            exit 1',
    '          fi',
    '          echo "model=$model" >> "$GITHUB_OUTPUT"',
  ],
};

function gate({ action, source, reference, baseline, only, budget, usesHub }: WorkflowFacts): string[] {
  const secrets = [
    ...(usesHub
      ? [`          HF_TOKEN: \${{ secrets.HF_TOKEN }} # for a private or gated model; forks do not get it`]
      : []),
    ...(source.kind === 'server'
      ? [`          OPENAI_API_KEY: \${{ secrets.OPENAI_API_KEY }} # if the server wants a key; forks do not get it`]
      : []),
  ];
  const inputs = { reference, baseline, only, budget };
  return [
    '      - id: gate',
    `        uses: ${action}${/@[0-9a-f]{40}$/.test(action) ? '' : ' # pin by SHA'}`,
    ...(secrets.length > 0 ? ['        env:', ...secrets] : []),
    '        with:',
    ...candidateInputs(source),
    ...Object.entries(inputs).flatMap(([name, value]) =>
      value === null ? [] : [`          ${name}: ${workflowWord(value)}`],
    ),
    '          # For a fork, publish-report.yml writes the comment.',
    `          comment: \${{ ${FORK} && 'off' || 'sticky' }}`,
  ];
}

function candidateInputs(source: CandidateSource): string[] {
  switch (source.kind) {
    case 'local':
      return [`          checkpoint: ${workflowWord(source.checkpoint)}`];
    case 'hub':
      // The folder has only the characters of names on a hub.
      return [
        `          checkpoint: hf://\${{ steps.candidate.outputs.model }}@\${{ steps.candidate.outputs.revision }}${source.folder === '' ? '' : `/${source.folder}`}`,
      ];
    case 'server':
      return [
        `          endpoint: ${workflowWord(source.endpoint)}`,
        `          model: \${{ steps.candidate.outputs.model }}`,
        ...(source.tokenizer === null ? [] : [`          tokenizer: ${workflowWord(source.tokenizer)}`]),
      ];
  }
}
