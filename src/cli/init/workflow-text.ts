import { pathFilter, workflowWord } from './yaml-words.ts';

/** The place of the candidate. */
export type CandidateSource =
  /** The pull request changes this path in the repository. */
  | { readonly kind: 'local'; readonly checkpoint: string; readonly lfs: boolean }
  /** A hub: the pull request changes CANDIDATE_FILE, `org/model COMMIT`. */
  | { readonly kind: 'hub'; readonly folder: string }
  /** A server: the pull request changes CANDIDATE_FILE, the name of the model there. */
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
}

/** Names the candidate on a hub or a server. */
export const CANDIDATE_FILE = 'candidate.txt';

/** The versions that the workflows of the examples are pinned to; a test compares them. */
export const ACTION_PINS = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  upload: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
} as const;

const FORK = 'github.event.pull_request.head.repo.fork';

/** No name from outside is in a comment or in a script. */
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
    ...runsOn(source),
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
    ...readCandidate(source),
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

function runsOn(source: CandidateSource): string[] {
  if (!isPrivate(source)) return ['    runs-on: ubuntu-latest'];
  return [
    '    # The server is reached from your own machines alone. They must not run code of strangers: a pull request from a fork fails in',
    '    # its first step, on a hosted runner. Require approval for all outside contributors as well (Settings, Actions, General).',
    `    runs-on: \${{ ${FORK} && 'ubuntu-latest' || fromJSON('["self-hosted", "linux", "x64"]') }}`,
  ];
}

const REFUSE_FORKS = [
  `      - if: ${FORK}`,
  '        run: |',
  '          echo "::error::Pull requests from forks do not run here: push the branch to this repository."',
  '          exit 1',
];

/** Read the line of CANDIDATE_FILE. It is checked before it becomes an input: a pull request writes it. */
function readCandidate({ kind }: CandidateSource): string[] {
  if (kind === 'local') return [];
  const [names, pattern, what] = {
    hub: [
      ['model', 'revision'],
      String.raw`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\ [0-9a-f]{40}$`,
      "'org/model COMMIT', with all 40 digits of the commit",
    ] as const,
    server: [['model'], '^[A-Za-z0-9][A-Za-z0-9._:/-]*$', 'the name of a model on the server'] as const,
  }[kind];
  return [
    '      - id: candidate',
    '        run: |',
    `          read -r ${names.join(' ')} < ${CANDIDATE_FILE}`,
    `          if ! [[ "${names.map((name) => `$${name}`).join(' ')}" =~ ${pattern} ]]; then`,
    `            echo "::error::${CANDIDATE_FILE} is not ${what}."`,
    '            exit 1',
    '          fi',
    ...names.map((name) => `          echo "${name}=$${name}" >> "$GITHUB_OUTPUT"`),
  ];
}

function gate({ action, source, reference, baseline, only, budget, usesHub }: WorkflowFacts): string[] {
  const secret = (name: string, when: string) => [
    '        env:',
    `          ${name}: \${{ secrets.${name} }} # ${when}; forks do not get it`,
  ];
  const output = (name: string) => `\${{ steps.candidate.outputs.${name} }}`;
  const written = (inputs: Readonly<Record<string, string | null>>) =>
    Object.entries(inputs).flatMap(([name, value]) =>
      value === null ? [] : [`          ${name}: ${workflowWord(value)}`],
    );
  return [
    '      - id: gate',
    `        uses: ${action}${/@[0-9a-f]{40}$/.test(action) ? '' : ' # pin by SHA'}`,
    ...(usesHub ? secret('HF_TOKEN', 'for a private or gated model') : []),
    ...(source.kind === 'server' ? secret('OPENAI_API_KEY', 'if the server wants a key') : []),
    '        with:',
    ...(source.kind === 'local' ? written({ checkpoint: source.checkpoint }) : []),
    ...(source.kind === 'hub'
      ? // The folder has only the characters of names on a hub.
        [`          checkpoint: hf://${output('model')}@${output('revision')}${source.folder && `/${source.folder}`}`]
      : []),
    ...(source.kind === 'server'
      ? [
          ...written({ endpoint: source.endpoint }),
          `          model: ${output('model')}`,
          ...written({ tokenizer: source.tokenizer }),
        ]
      : []),
    ...written({ reference, baseline, only, budget }),
    '          # For a fork, publish-report.yml writes the comment.',
    `          comment: \${{ ${FORK} && 'off' || 'sticky' }}`,
  ];
}
