// Where the time of the built-in suite goes with a checkpoint: in each session of onnxruntime, in its opening, in the
// tokenizer, and in the JavaScript between. Part of `npm run bench:lm -- --profile PATH`.
import type { Profiler } from 'node:inspector';
import { Session as Inspector } from 'node:inspector/promises';
import type { DeviceChoice } from '@shadow-gate/checkpoints/onnx';
import { openCheckpointSource } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { builtinSuite } from '@shadow-gate/probes/suite';
import * as ort from 'onnxruntime-node';
import { measureProbes } from '../../src/measure/measure-probes.ts';
import type { GemmMeter } from './gemm-rate.ts';
import type { Parameters as ParameterCounts } from './random-model.ts';

/** Time between two samples of what JavaScript does, in microseconds. */
const SAMPLE_MICROSECONDS = 500;

/** Functions of the sources by what they are for: the innermost of a stack that is named here decides. */
const WORK_OF: Readonly<Record<string, readonly string[]>> = {
  tokenizing: ['encodeAhead', 'encodeText', 'encodePair', 'encodeRolling', 'encodeOnce', 'renderChat'],
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

/**
 * Ask a checkpoint the built-in suite, its levels included, and print where the time went, and what share of the matrix
 * rate that is.
 */
export async function profileSuite(
  checkpoint: string,
  {
    device,
    meter,
    parameters,
  }: { readonly device: DeviceChoice; readonly meter: GemmMeter; readonly parameters: ParameterCounts },
): Promise<void> {
  const before = await meter.rate();
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
  console.log(`${probes.items.length} items of ${checkpoint}, weights in ${precision?.weights}`);
  printProfile(profile);
  const rates = [before, await meter.rate()];
  const rate = rates.reduce((sum, own) => sum + own, 0) / rates.length;
  const share = workOf(profile.runs, parameters) / (profile.seconds * rate);
  const measured = rates.map((own) => (own / 1e9).toFixed(0)).join(' before and ');
  console.log(`${(100 * share).toFixed(0)}% of the matrix rate (${measured} GFLOP/s after)`);
  console.log(`peak memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

/** Floating-point operations of products with weights, for the tokens that went through them. */
function workOf(runs: ReadonlyMap<string, Runs>, { layers, rowsOnly, output }: ParameterCounts): number {
  const rows = (of: (kind: string) => boolean) =>
    [...runs].reduce((sum, [kind, own]) => sum + (of(kind) ? own.rows : 0), 0);
  const scored = rows((kind) => kind === OUTPUT_RUNS);
  return 2 * ((layers - rowsOnly) * rows((kind) => kind.startsWith('layers')) + (rowsOnly + output) * scored);
}

const OUTPUT_RUNS = 'output matrix';

/** Runs of the sessions for one purpose. */
interface Runs {
  readonly count: number;
  readonly rows: number;
  readonly seconds: number;
}

interface Opened {
  count: number;
  seconds: number;
}

interface Profiled<T> {
  readonly result: T;
  readonly seconds: number;
  readonly runs: ReadonlyMap<string, Runs>;
  readonly opened: Opened;
  /** Seconds of JavaScript by purpose. */
  readonly script: Readonly<Record<string, number>>;
}

/** What runs of onnxruntime took while `work` ran, and what JavaScript did beside. */
async function profiled<T>(work: () => Promise<T>): Promise<Profiled<T>> {
  const runs = new Map<string, Runs>();
  const opened: Opened = { count: 0, seconds: 0 };
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
function watchSessions(runs: Map<string, Runs>, opened: Opened): () => void {
  const { InferenceSession } = ort;
  const { create } = InferenceSession;
  const prototype: ort.InferenceSession = Reflect.get(InferenceSession, 'prototype');
  const { run } = prototype;
  InferenceSession.create = new Proxy(create, {
    async apply(target, factory, args) {
      const before = performance.now();
      const session = await Reflect.apply(target, factory, args);
      opened.count += 1;
      opened.seconds += (performance.now() - before) / 1000;
      return session;
    },
  });
  prototype.run = new Proxy(run, {
    async apply(target, session, args: Parameters<ort.InferenceSession['run']>) {
      const before = performance.now();
      const outputs = await Reflect.apply(target, session, args);
      const seconds = (performance.now() - before) / 1000;
      const [feeds, fetches] = args;
      const kind = kindOf(feeds, fetches);
      const known = runs.get(kind) ?? { count: 0, rows: 0, seconds: 0 };
      const rows = feeds.tokens?.size ?? feeds.hidden?.dims[0] ?? 0;
      runs.set(kind, { count: known.count + 1, rows: known.rows + rows, seconds: known.seconds + seconds });
      return outputs;
    },
  });
  return () => {
    InferenceSession.create = create;
    prototype.run = run;
  };
}

function kindOf(feeds: ort.InferenceSession.FeedsType, fetches: unknown): string {
  if (feeds.targets !== undefined) return OUTPUT_RUNS;
  if (feeds.tokens === undefined) return 'other';
  if (Array.isArray(fetches) && fetches.length > 1) return 'layers, shared prefixes';
  const [total, width] = [feeds.total_sequence_length?.data[0], feeds.tokens.dims[1]];
  return Number(total) > Number(width) ? 'layers, after a prefix' : 'layers, batches';
}

/** Seconds of JavaScript by purpose: runs of onnxruntime, which block it, and idle time are left out. */
function scriptTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Record<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const purposes = new Map<number, string>();
  const purposeOf = (id: number): string => {
    const known = purposes.get(id);
    if (known !== undefined) return known;
    const { functionName = '', url = '' } = byId.get(id)?.callFrame ?? {};
    const name = functionName.replace(/\d+$/, '');
    const named = Object.entries(WORK_OF).find(([, names]) => names.includes(name))?.[0];
    const parent = parents.get(id);
    const special: Readonly<Record<string, string>> = { '(idle)': 'idle', '(garbage collector)': 'garbage collector' };
    const purpose: string =
      special[functionName] ??
      (url.includes('onnxruntime') ? 'native' : named) ??
      (parent === undefined ? 'other' : purposeOf(parent));
    purposes.set(id, purpose);
    return purpose;
  };
  const seconds: Record<string, number> = {};
  for (const [i, id] of samples.entries()) {
    const purpose = purposeOf(id);
    seconds[purpose] = (seconds[purpose] ?? 0) + at(timeDeltas, i) / 1e6;
  }
  return seconds;
}

function printProfile({ seconds, runs, opened, script }: Profiled<unknown>): void {
  const line = (what: string, time: number, more = '') =>
    console.log(
      `  ${what.padEnd(30)}${time.toFixed(2).padStart(8)} s ${((100 * time) / seconds).toFixed(1).padStart(5)}%  ${more}`,
    );
  let left = seconds;
  const part = (what: string, time: number, more?: string) => {
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
