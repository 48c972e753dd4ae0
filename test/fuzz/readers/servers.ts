import { chooseCheckpointFiles, HubRepository, indexedShards, parseHubPath } from '@shadow-gate/checkpoints/hub';
import type { SequenceScore } from '@shadow-gate/language-model/engine';
import type { Random } from '@shadow-gate/probes/random';
import { openRemoteEngine } from '../../../packages/language-model/src/remote/remote-engine.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { bytesOf, type Input, textOf } from '../input.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';

const COMPLETION = {
  id: 'cmpl-1',
  choices: [
    {
      text: 'Q a b',
      finish_reason: 'length',
      token_ids: [1, 2],
      logprobs: {
        tokens: ['Q', ' a', ' b', ' c'],
        token_logprobs: [null, -1.5, -0.2, -0.1],
        top_logprobs: [null, { ' a': -1.5 }, { ' b': -0.2, d: -3 }, { ' c': -0.1 }],
        text_offset: [0, 1, 3, 5],
      },
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
};
const MODELS = {
  data: [
    { id: 'm', max_model_len: 4096 },
    { id: 'n', meta: { n_ctx: 2048 } },
  ],
};
const STATUSES = [200, 200, 200, 200, 200, 204, 302, 400, 401, 404, 500];
const TEXT_HEADERS = { 'content-type': 'application/json' };

/** A status, and a body for each of two kinds of requests. */
function answers(first: unknown, second: unknown, random: Random): Input {
  const edited = random.int(0, 2) > 0;
  return {
    status: new TextEncoder().encode(String(random.pick(STATUSES))),
    first: jsonBytes(edited ? first : mutateJson(first, random), random),
    second: jsonBytes(edited ? mutateJson(second, random) : second, random),
  };
}

/** A `fetch` that answers with an input. */
function fakeFetch(input: Input, isFirst: (url: string) => boolean): typeof globalThis.fetch {
  const status = Number(textOf({ input: bytesOf(input, 'status') }));
  return async (request) => {
    const url = request instanceof Request ? request.url : String(request);
    const body = Uint8Array.from(bytesOf(input, isFirst(url) ? 'first' : 'second'));
    return new Response(status === 204 || status === 302 ? null : body, { status, headers: TEXT_HEADERS });
  };
}

/** A log-probability is at most zero, up to rounding. */
const ROUNDING = 1e-3;

function expectScore(score: SequenceScore | undefined): void {
  const isLogprob = (value: number) => Number.isFinite(value) && value <= ROUNDING;
  promise(score?.tokenLogprobs.every(isLogprob) === true, `a score is ${JSON.stringify(score)}`);
}

export const server: Fuzzer = {
  name: 'server',
  about: 'answers of an OpenAI-compatible server',
  make: (random) => answers(MODELS, COMPLETION, random),
  run: async (input) => {
    const engine = await openRemoteEngine({
      endpoint: 'http://localhost:1/v1',
      model: 'm',
      fetch: fakeFetch(input, (url) => url.endsWith('/models')),
      wait: async () => {},
      random: () => 0,
    });
    try {
      const [scored] = await engine.scoreText([{ context: 'Q a', continuation: ' b' }]);
      expectScore(scored);
      const [byIds] = await engine.score([{ context: [1, 2], continuation: [3] }]);
      expectScore(byIds);
      await engine.generateText([{ prompt: 'Q', maxNewTokens: 3, stop: ['.'] } as never]);
    } finally {
      await engine.close();
    }
  },
};

const COMMIT = 'a'.repeat(40);
const INFO = {
  _id: '1',
  id: 'org/model',
  sha: COMMIT,
  private: false,
  gated: false,
  likes: 1,
  downloads: 1,
  lastModified: '2026-01-01T00:00:00Z',
};
const LISTING = [
  { type: 'file', path: 'config.json', size: 600, oid: 'b'.repeat(40) },
  {
    type: 'file',
    path: 'model-00001-of-00002.safetensors',
    size: 4000,
    oid: 'c'.repeat(40),
    lfs: { oid: 'd'.repeat(64), size: 4000, pointerSize: 130 },
  },
  {
    type: 'file',
    path: 'model-00002-of-00002.safetensors',
    size: 4000,
    oid: 'c'.repeat(40),
    lfs: { oid: 'e'.repeat(64), size: 4000, pointerSize: 130 },
  },
  { type: 'file', path: 'model.safetensors.index.json', size: 300, oid: 'f'.repeat(40) },
  { type: 'directory', path: 'onnx', size: 0, oid: '0'.repeat(40) },
];
const INDEX = JSON.stringify({
  metadata: {},
  weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
});

export const hub: Fuzzer = {
  name: 'hub',
  about: 'listings of a hub, and the index of shards in it',
  make: (random) => {
    // A failure that may be temporary is tried again after a pause: not what is tested here.
    const status = random.pick(['200', '200', '200', '404', '401']);
    return { ...answers(INFO, LISTING, random), status: new TextEncoder().encode(status) };
  },
  run: async (input) => {
    const before = globalThis.fetch;
    globalThis.fetch = fakeFetch(input, (url) => !url.includes('/tree/'));
    try {
      const path = 'hf://org/model';
      const repository = new HubRepository(path, parseHubPath(path), {
        endpoint: 'http://localhost:1',
        token: null,
      } as never);
      const commit = await repository.commit();
      promise(/^[0-9a-f]{40}$/.test(commit), 'a commit is not a digest');
      const listing = await repository.list(commit);
      const { whole, weights } = chooseCheckpointFiles(listing, path);
      for (const { name, size } of [...whole, ...weights]) {
        promise(!name.includes('/') && !name.startsWith('.'), `a file of a hub has the name ${JSON.stringify(name)}`);
        promise(Number.isSafeInteger(size) && size >= 0, 'a file of a hub has no size');
      }
      indexedShards(INDEX, listing, path);
    } finally {
      globalThis.fetch = before;
    }
  },
};
