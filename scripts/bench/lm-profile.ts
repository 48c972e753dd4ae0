// Where the time of the built-in suite goes with a checkpoint: in each session of onnxruntime, in its opening, in the
// tokenizer, and in the JavaScript between. Part of `npm run bench:lm -- --profile PATH`.
import { Session as Inspector } from 'node:inspector/promises';
import * as ort from 'onnxruntime-node';

/** Time between two samples of what JavaScript does, in microseconds. */
const SAMPLE_MICROSECONDS = 500;

/**
 * Functions of the sources by what they are for: the innermost of a stack that is named here decides. Bundled names are those of the
 * sources, with a number where two are alike.
 */
const WORK_OF = {
  tokenizing: ['encodeText', 'encodePair', 'encodeRolling', 'encodeOnce', 'renderChat'],
  'opening the tokenizer': ['buildTokenizer', 'openTokens', 'startTokenizer'],
  'trees, masks and feeds': [
    ...['buildPromptTree', 'treesBatch', 'treeAfterPrefixBatch', 'maskTensor', 'of', 'rightAlignedBatch'],
    ...['predictorSlots', 'targetsOf', 'recurrenceFeeds'],
  ],
  'grouping and schedule': ['groupByContext', 'groupByPrefix', 'scheduleScoring'],
  'keys and values': ['appendToKvCache', 'emptyKvCache'],
  'building graphs': ['buildBackbone', 'buildHead', 'buildSlicedHead', 'serialize'],
  'drawing items': ['builtinSuite'],
};

/** The sources that `profileSuite` takes. */
export const PROFILED_SOURCES = {
  builtinSuite: 'src/probes/suite.ts',
  measureProbes: 'src/measure/measure-probes.ts',
  openCheckpointSource: 'src/language-model/open-model.ts',
};

/** Ask a checkpoint the built-in suite, its levels included, and print where the time went. */
export async function profileSuite({ builtinSuite, measureProbes, openCheckpointSource }, checkpoint, device) {
  const profile = await profiled(async () => {
    const suite = builtinSuite(1);
    const source = await openCheckpointSource({ checkpoint, device });
    return measureProbes(source, {
      suites: [suite],
      seed: 1,
      order: { seed: 1, isChosen: false },
      chatTemplate: false,
      budgetSeconds: null,
    });
  });
  const { probes, precision } = profile.result;
  console.log(`${probes.items.length} items of ${checkpoint}, weights in ${precision.weights}`);
  printProfile(profile);
  console.log(`peak memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

/** What runs of onnxruntime took while `work` ran, and what JavaScript did beside. */
async function profiled(work) {
  const runs = new Map();
  const opened = { count: 0, seconds: 0 };
  const restore = watchSessions(runs, opened);
  const inspector = new Inspector();
  inspector.connect();
  await inspector.post('Profiler.enable');
  await inspector.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
  await inspector.post('Profiler.start');
  const before = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - before) / 1000;
    const { profile } = await inspector.post('Profiler.stop');
    return { result, seconds, runs, opened, script: scriptTimes(profile) };
  } finally {
    inspector.disconnect();
    restore();
  }
}

/** Measures every run and every opening of a session, by what the session is for. */
function watchSessions(runs, opened) {
  const { InferenceSession } = ort;
  const { create } = InferenceSession;
  const { run } = InferenceSession.prototype;
  InferenceSession.create = async (...args) => {
    const before = performance.now();
    const session = await create.apply(InferenceSession, args);
    opened.count += 1;
    opened.seconds += (performance.now() - before) / 1000;
    return session;
  };
  InferenceSession.prototype.run = async function watched(feeds, ...rest) {
    const before = performance.now();
    const outputs = await run.call(this, feeds, ...rest);
    const seconds = (performance.now() - before) / 1000;
    const kind = kindOf(feeds, rest[0]);
    const known = runs.get(kind) ?? { count: 0, rows: 0, seconds: 0 };
    const rows = feeds.tokens?.size ?? feeds.hidden?.dims[0] ?? 0;
    runs.set(kind, { count: known.count + 1, rows: known.rows + rows, seconds: known.seconds + seconds });
    return outputs;
  };
  return () => {
    InferenceSession.create = create;
    InferenceSession.prototype.run = run;
  };
}

function kindOf(feeds, fetches) {
  if (feeds.targets !== undefined) return 'output matrix';
  if (feeds.tokens === undefined) return 'other';
  if (Array.isArray(fetches) && fetches.length > 1) return 'layers, shared prefixes';
  return feeds.total_sequence_length?.data[0] > feeds.tokens.dims[1] ? 'layers, after a prefix' : 'layers, batches';
}

/** Seconds of JavaScript by purpose: runs of onnxruntime, which block it, and idle time are left out. */
function scriptTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const purposes = new Map();
  const purposeOf = (id) => {
    const known = purposes.get(id);
    if (known !== undefined) return known;
    const { functionName, url } = byId.get(id).callFrame;
    const name = functionName.replace(/\d+$/, '');
    const named = Object.entries(WORK_OF).find(([, names]) => names.includes(name))?.[0];
    const parent = parents.get(id);
    const special = { '(idle)': 'idle', '(garbage collector)': 'garbage collector' };
    const purpose =
      special[functionName] ??
      (url.includes('onnxruntime') ? 'native' : named) ??
      (parent === undefined ? 'other' : purposeOf(parent));
    purposes.set(id, purpose);
    return purpose;
  };
  const seconds = {};
  for (const [i, id] of samples.entries()) {
    const purpose = purposeOf(id);
    seconds[purpose] = (seconds[purpose] ?? 0) + timeDeltas[i] / 1e6;
  }
  return seconds;
}

function printProfile({ seconds, runs, opened, script }) {
  const line = (what, time, more = '') =>
    console.log(
      `  ${what.padEnd(30)}${time.toFixed(2).padStart(8)} s ${((100 * time) / seconds).toFixed(1).padStart(5)}%  ${more}`,
    );
  let left = seconds;
  const part = (what, time, more) => {
    line(what, time, more);
    left -= time;
  };
  part('opening sessions', opened.seconds, `${opened.count}`);
  for (const [kind, { count, rows, seconds: time }] of runs) {
    part(kind, time, `${count} runs, ${rows} rows, ${(rows / time).toFixed(0)} rows/s`);
  }
  const { native: _, ...times } = script;
  for (const [what, time] of Object.entries(times).sort((a, b) => b[1] - a[1])) if (time > 0.005) part(what, time);
  line('not assigned', left);
  line('all', seconds);
}
