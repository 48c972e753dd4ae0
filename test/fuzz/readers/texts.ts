import { join } from 'node:path';
import { isHubPath, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { parseGenerateRequests, parseScoreRequests } from '@shadow-gate/language-model';
import { parquetBytes, readParquet } from '@shadow-gate/platform/parquet';
import { readProbeFile } from '@shadow-gate/probes/files';
import type { Random } from '@shadow-gate/probes/random';
import { eventApprovedVersion } from '../../../src/github/event/approved-version.ts';
import { eventPullRequest, eventPullRequestHead } from '../../../src/github/event/pull-request.ts';
import { eventFinishedRun } from '../../../src/github/event/workflow-run.ts';
import { parseHistory } from '../../../src/history/entry.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { effectiveRules } from '../../../src/policy/policy.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { bytesOf, single, textOf, writeInput } from '../input.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { mutateText } from '../mutate/text.ts';
import { seedBytes, seedText } from '../seeds.ts';

const YAML_SNIPPETS = [
  '&a [*a, *a]',
  '*a',
  '<<: *b',
  '!!js/function "x"',
  '- - - - - -',
  '? ',
  '"\\x1b[31m"',
  'level: info',
  'probes: [builtin, builtin]',
  'probes: ../../secret.jsonl',
  '{',
  '['.repeat(3000),
  '%TAG ! tag:x,2000:',
  '---',
  '...',
  'rules: [{metric: stableRank, relative: -1}]',
  "'",
  '\t',
  'x: '.repeat(200),
];

export const policy: Fuzzer = {
  name: 'policy',
  about: 'shadow-gate.yml',
  make: (random) => single(mutateText(seedText('examples/shadow-gate.yml'), YAML_SNIPPETS, random)),
  run: (input) => effectiveRules(parsePolicy(textOf(input), 'policy.yml')),
};

const CSV_SNIPPETS = [
  ',',
  '"',
  '""',
  '\n',
  'question,A,B,C,D,answer',
  'A',
  '0',
  '[1,2]',
  '\u001b[2J',
  '=1+1',
  '\0',
  '"a\nb"',
];
const CSV = `question,A,B,C,D,answer
What is the capital of France?,Berlin,Paris,Rome,Madrid,B
"How many, in all?",1,2,3,4,C
Which planet is largest?,Mars,Venus,Jupiter,Earth,C
`;

export const probeFile: Fuzzer = {
  name: 'probe-file',
  about: "a team's own questions, JSONL and CSV",
  make: (random) => {
    if (random.int(0, 2) === 0) {
      const csv = random.int(0, 1) === 0 ? CSV : seedText('test/fixtures/probes/own-benchmark.csv');
      return { 'probes.csv': encode(mutateText(csv, CSV_SNIPPETS, random)) };
    }
    const file = random.pick(['test/fixtures/probes/own-benchmark.jsonl', 'examples/probes.jsonl']);
    const lines = seedText(file).split('\n').slice(0, 12);
    return { 'probes.jsonl': mutateLines(lines, random) };
  },
  run: async (input, folder) => {
    writeInput(input, folder);
    const [name = ''] = Object.keys(input);
    const { items } = await readProbeFile(join(folder, name), { seed: 1 });
    promise(items.length > 0, 'a file of probes without an item was accepted');
    promise(new Set(items.map(({ id }) => id)).size === items.length, 'two items have the same id');
  },
};

const PARQUET = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'plain', 'delta', 'types', 'arc'] as const;

/** Files in parquet: pages in all encodings, and the footer, which has the offsets and lengths of everything. */
export const parquet: Fuzzer = {
  name: 'parquet',
  about: 'data sets in parquet',
  make: (random) => {
    const bytes = seedBytes('packages/platform/test/fixtures/parquet', `${random.pick(PARQUET)}.parquet`);
    const length = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
    const start = bytes.length - 8 - length;
    if (random.int(0, 2) === 0) return single(mutateBytes(bytes, random));
    const footer = mutateBytes(bytes.subarray(start, bytes.length - 8), random);
    const end = bytes.slice(bytes.length - 8);
    new DataView(end.buffer).setUint32(0, footer.length, true);
    return single(new Uint8Array(Buffer.concat([bytes.subarray(0, start), footer, end])));
  },
  run: async (input) => {
    const rows = await readParquet(parquetBytes(bytesOf(input), 'x.parquet'));
    const names = rows.map((row) => Object.keys(row).join());
    promise(new Set(names).size < 2, 'two rows have different columns');
    promise(!rows.some((row) => Object.values(row).includes(undefined as never)), 'a value is undefined');
  },
};

/** JSON lines, some of them edited. */
function mutateLines(all: readonly string[], random: Random): Uint8Array {
  const lines = all.filter((line) => line.trim() !== '');
  const target = random.int(0, Math.max(0, lines.length - 1));
  const made = lines.map((line, i) => {
    if (i !== target) return encode(line);
    return jsonBytes(mutateJson(JSON.parse(line), random), random);
  });
  const joined = new Uint8Array(Buffer.concat(made.flatMap((line) => [line, encode('\n')])));
  return random.int(0, 9) === 0 ? mutateBytes(joined, random) : joined;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export const history: Fuzzer = {
  name: 'history',
  about: 'history.jsonl of scheduled checks',
  make: (random) => ({ input: mutateLines(seedText('test/fuzz/seeds/history.jsonl').split('\n'), random) }),
  run: (input) => parseHistory(textOf(input), 'history.jsonl'),
};

const REQUESTS = [
  '{"id": 1, "context": "The capital of France is", "continuation": " Paris"}',
  '{"id": "b", "context_ids": [1, 2], "continuation_ids": [3]}',
  '{"id": "c", "rolling": "A text."}',
  '{"id": 2, "prompt": "Once", "max_new_tokens": 5, "stop": ["."]}',
  '{"id": 3, "messages": [{"role": "user", "content": "Hi"}], "stop": "x"}',
];

export const requests: Fuzzer = {
  name: 'requests',
  about: 'requests of score and generate, JSONL',
  make: (random) => ({ input: mutateLines(random.sample(REQUESTS, random.int(1, 3)), random) }),
  run: (input) => {
    const text = textOf(input);
    // A file is of one of the two kinds.
    return text.includes('prompt') || text.includes('messages')
      ? parseGenerateRequests(text, 'requests.jsonl')
      : parseScoreRequests(text, 'requests.jsonl');
  },
};

const EVENTS = [
  {
    action: 'opened',
    pull_request: {
      number: 5,
      head: { sha: 'a'.repeat(40), ref: 'x', repo: { full_name: 'o/r', fork: true } },
      base: { sha: 'b'.repeat(40), ref: 'main' },
    },
    repository: { default_branch: 'main', full_name: 'o/r' },
  },
  {
    workflow_run: {
      id: 1,
      event: 'pull_request',
      head_sha: 'a'.repeat(40),
      head_branch: 'x',
      conclusion: 'success',
      pull_requests: [{ number: 2 }],
      head_repository: { full_name: 'f/r' },
    },
    repository: { default_branch: 'main' },
  },
  { ref: 'refs/heads/main', before: 'c'.repeat(40), after: 'd'.repeat(40), repository: { default_branch: 'main' } },
];

export const event: Fuzzer = {
  name: 'event',
  about: 'the payload of a GitHub event',
  make: (random) => {
    const name = random.pick([
      'pull_request',
      'pull_request_target',
      'workflow_run',
      'push',
      'schedule',
      'merge_group',
      'issue_comment',
    ]);
    return single(JSON.stringify({ name, payload: mutateJson(random.pick(EVENTS), random) }));
  },
  run: (input) => {
    const { name, payload } = JSON.parse(textOf(input)) as { name: string; payload: unknown };
    if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return;
    const given = { name, payload: payload as Record<string, unknown>, ref: 'refs/heads/x', sha: 'e'.repeat(40) };
    const asEvent = given as unknown as Parameters<typeof eventApprovedVersion>[0];
    eventPullRequest(asEvent);
    eventPullRequestHead(asEvent);
    eventFinishedRun(asEvent);
    eventApprovedVersion(asEvent);
  },
};

export const hubPath: Fuzzer = {
  name: 'hub-path',
  about: 'hf:// paths',
  make: (random) => {
    const parts = [
      'hf://',
      'org',
      '/',
      'model',
      '@',
      'main',
      '/',
      'folder',
      '..',
      '%2e%2e',
      '\u001b',
      ' ',
      '?',
      '#',
      '\\',
      'x'.repeat(300),
    ];
    const path = random.pick(['hf://org/model', 'hf://org/model@main', 'hf://org/model@v1/a/b', 'hf://']);
    const cut = random.int(5, path.length);
    const put = Array.from({ length: random.int(0, 3) }, () => random.pick(parts)).join('');
    return single(random.int(0, 1) === 0 ? path + put : path.slice(0, cut) + put + path.slice(cut));
  },
  run: (input) => {
    const path = textOf(input);
    if (!isHubPath(path)) return;
    const { repository, folder } = parseHubPath(path);
    promise(!`${repository}/${folder}`.split('/').includes('..'), 'a hub path leads upward');
  },
};
