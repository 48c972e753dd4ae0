import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from '../checkpoint/adapter/adapter.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { digestCheckpoint, TensorDigests } from '../checkpoint/digest.ts';
import { whileUnchanged } from '../checkpoint/expect-unchanged.ts';
import { foreignFilesIn, foreignNamesAmong } from '../checkpoint/formats/foreign-files.ts';
import type { FullCheckpoint } from '../checkpoint/formats/full-checkpoint.ts';
import { refuseQuantized } from '../checkpoint/formats/quantization.ts';
import { listingOf } from '../checkpoint/listed.ts';
import { nameOf, openCheckpoint, openMergedAdapter, openReference } from '../checkpoint/open.ts';
import { storedOf } from '../checkpoint/tensors/tensor-value.ts';
import type { ModelSource } from '../language-model/model.ts';
import { digestTokenFiles } from '../language-model/tokens/token-files.ts';
import { at } from '../platform/at.ts';
import { UserError } from '../platform/user-error.ts';
import { VERSION } from '../platform/version.ts';
import { describeFiles, digestFiles } from './behavior/behavior-files.ts';
import { measureBehavior } from './behavior/measure-behavior.ts';
import {
  answeredRequest,
  encodeMeasurement,
  measurementKey,
  measurementRequest,
  recallMeasurement,
} from './cache/measurement-cache.ts';
import { measureMerge } from './measure-merge.ts';
import { measureProbes, type ProbeRun } from './measure-probes.ts';
import { describeServer, servedSource, withTokenizerOf } from './measure-served.ts';
import type { SpectraMeasurement } from './measure-spectra.ts';
import type { MeasureOptions, ProbeRunOptions, Reference, SpectraOptions } from './options.ts';
import { refuseMisread } from './refuse-misread.ts';
import { refuseOtherWeights } from './refuse-other-weights.ts';
import { machineRecord, probesRecord } from './run-record.ts';
import type { BehaviorFiles } from './schema/behavior.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './schema/measurement.ts';
import type { Probes } from './schema/probes.ts';
import { describeSpectra, measureSettled } from './settle-spectra.ts';

const NO_FILES: ReadonlySet<string> = new Set();

type Identity = Measurement['checkpoint'];

/** @throws UserError if there is no checkpoint of full weights at the path, or if they are quantized */
export async function openMeasuredReference(path: string | undefined): Promise<Reference | null> {
  if (path === undefined) return null;
  const checkpoint = await openReference(path);
  refuseQuantized(checkpoint);
  return { checkpoint, digests: new TensorDigests() };
}

/**
 * Open the adapter that a checkpoint was merged from.
 * @throws UserError if there is none at the path, or no reference that it was merged into
 */
export async function openMeasuredAdapter(
  path: string | undefined,
  reference: Reference | null,
): Promise<Adapter | null> {
  if (path === undefined) return null;
  if (reference === null) {
    throw new UserError(
      `adapter ${path} is given without a reference`,
      'give the model that it was merged into as reference',
    );
  }
  return openMergedAdapter(path);
}

/**
 * Open the checkpoint that is measured.
 * @throws UserError for one that cannot be measured with these options
 */
export async function openMeasured(
  options: Pick<MeasureOptions, 'checkpoint' | 'spectra' | 'endpoint' | 'adapter'>,
): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(options.checkpoint);
  // Before it is downloaded or hashed, which takes long. An endpoint can run what is not read here.
  if (checkpoint.format !== 'lora' && (options.spectra !== false || !options.endpoint)) refuseQuantized(checkpoint);
  if (options.adapter && checkpoint.format === 'lora') {
    throw new UserError(
      `${options.checkpoint} is itself an adapter, which nothing was merged into`,
      'give the merged model as checkpoint, or leave out the adapter',
    );
  }
  return checkpoint;
}

/**
 * Measure one checkpoint, or the share of a shard. This is the path of a checkpoint through the tool: it is opened
 * once, looked up in the store by the digests of its bytes, and otherwise measured: the spectra of its matrices, then
 * the probes, for which the opened checkpoint is handed to the language model. The result is checked against the
 * schema, so that whatever is written can be read back.
 * @throws UserError for a checkpoint that cannot be opened or measured
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const started = new Date();
  const checkpoint = await openMeasured(options);
  const { reference = null, adapter = null } = options;
  const used = [checkpoint, reference?.checkpoint, adapter].flatMap((opened) =>
    opened ? [{ checkpoint: opened }] : [],
  );
  const digests = reference?.digests ?? new TensorDigests();
  const { measurement, keep, same } = await whileUnchanged(used, async () => {
    // A server that is asked runs what it was given.
    const isServed = options.spectra === false && options.endpoint !== undefined;
    if (!isServed) await refuseMisread(checkpoint, options.onProgress);
    const same = isServed ? NO_FILES : await refuseOtherWeights(checkpoint, digests, options.onProgress);
    return { same, ...(await recallOrMeasure(checkpoint, started, { ...options, digests })) };
  });
  // Only what was measured on files that did not change is kept.
  await keep?.();
  // Not kept with it: the bytes of the weights, by which a measurement is looked up, do not depend on these.
  const unread = (await unreadFiles(checkpoint)).filter(({ name }) => !same.has(name));
  return unread.length === 0 ? measurement : { ...measurement, unread };
}

/** The files beside the weights that programs may load instead, or that can run code. A lone file has none. */
async function unreadFiles({ path, remote, tensors }: Checkpoint): Promise<NonNullable<Measurement['unread']>> {
  const found = await (remote ? foreignNamesAmong(remote.names) : foreignFilesIn(path));
  const stored = [...tensors.values()].flatMap(storedOf);
  const read = new Set(stored.map(({ file }) => file));
  const files = await Promise.all(found.map(({ name }) => realpath(join(path, name)).catch(() => '')));
  const unread = found.filter((_, i) => !read.has(at(files, i)));
  return unread.map(({ name, format: { what, runsCode = false } }) => ({ name, what, runsCode }));
}

async function recallOrMeasure(
  checkpoint: Checkpoint,
  started: Date,
  options: MeasureOptions & Pick<Known, 'digests'>,
): Promise<{ readonly measurement: Measurement; readonly keep: (() => Promise<void>) | null }> {
  const { reference = null, store } = options;
  // Without a store digests are not needed before the end: bytes are hashed as they are read to be measured.
  const files = await describeFiles(checkpoint, reference?.checkpoint ?? null);
  const known = { ...options, files };
  const request = store ? measurementRequest(options, await digestsOf(checkpoint, known)) : null;
  if (!store || !request) {
    const { measurement } = await measureOpened(checkpoint, started, known);
    await expectSameFiles(checkpoint, options, digestFiles(files));
    return { measurement, keep: null };
  }
  const cached = await recallMeasurement(store, request, options.screening);
  if (cached !== null) {
    // The time and machine of the measurement stay; the files can be elsewhere now.
    const paths = {
      checkpoint: checkpoint.remote?.name ?? options.checkpoint,
      reference: reference && nameOf(reference.checkpoint),
      adapter: options.adapter ? nameOf(options.adapter) : null,
      hub: hubRecord(checkpoint, reference?.checkpoint ?? null),
    };
    return { measurement: { ...cached, run: { ...cached.run, ...paths } }, keep: null };
  }
  const { measurement, isWhole } = await measureOpened(checkpoint, started, known);
  if (request.tokens !== null && request.tokens !== (await digestTokens(checkpoint, options))) throw changed(options);
  await expectSameFiles(checkpoint, options, digestFiles(files));
  const key = measurementKey(answeredRequest(request, measurement));
  return { measurement, keep: isWhole ? () => store.set(key, encodeMeasurement(measurement)) : null };
}

/** The probes read the tokenizer after the files were described: both have to be of the same bytes. */
async function expectSameFiles(checkpoint: Checkpoint, options: MeasureOptions, before: string): Promise<void> {
  const now = await describeFiles(checkpoint, options.reference?.checkpoint ?? null);
  if (digestFiles(now) !== before) throw changed(options);
}

function changed({ checkpoint }: MeasureOptions): UserError {
  return new UserError(
    `the tokenizer, or another file beside the weights, of ${checkpoint} changed while it was measured`,
    'run again when nothing writes to it any more',
  );
}

/** What has been read before anything is measured. */
interface Known {
  readonly digests: TensorDigests;
  readonly files: BehaviorFiles;
}

async function digestsOf(checkpoint: Checkpoint, options: MeasureOptions & Known) {
  const { reference, probes, onProgress, digests, files } = options;
  return {
    checkpoint: await digestCheckpoint(checkpoint, digests, onProgress),
    reference: reference ? await digestCheckpoint(reference.checkpoint, digests, onProgress) : null,
    adapter: options.adapter ? await digestCheckpoint(options.adapter, digests, onProgress) : null,
    tokens: probes ? await digestTokens(checkpoint, options) : null,
    behavior: digestFiles(files),
  };
}

/** An adapter can use the tokenizer of its base model. */
function digestTokens(checkpoint: Checkpoint, { reference }: MeasureOptions): Promise<string> {
  const base = checkpoint.format === 'lora' && reference ? [reference.checkpoint.path] : [];
  return digestTokenFiles([checkpoint.path, ...base]);
}

interface Measured {
  readonly measurement: Measurement;
  /** False if this machine could not measure everything, which another one might. */
  readonly isWhole: boolean;
}

async function measureOpened(
  checkpoint: Checkpoint,
  started: Date,
  options: MeasureOptions & Known,
): Promise<Measured> {
  const { reference = null, shard = null, files } = options;
  const base = reference?.checkpoint ?? null;
  const described = async (measured: SpectraMeasurement | null) => ({
    ...(await describeModels(checkpoint, base, options)),
    ...describeSpectra(measured, { isWhole: shard === null }),
  });
  const draftOf = async (measured: SpectraMeasurement) =>
    measurementSchema.parse({
      ...(await described(measured)),
      device: measured.device.name,
      run: { ...machineRecord(started), checkpoint: options.checkpoint, reference: null, deviceReason: '' },
    });
  const spectra = options.spectra === false ? null : await measureSettled(checkpoint, base, options, draftOf);
  const models = await described(spectra);
  const merge = await tryMerge(checkpoint, options);
  const probes = options.probes ? await tryProbes(checkpoint, options.probes, options) : null;
  const measurement = measurementSchema.parse({
    ...models,
    answeredBy:
      options.endpoint && probes ? { ...describeServer(options.endpoint, probes.run), revision: null } : undefined,
    device: spectra?.device.name ?? probes?.run?.device ?? 'cpu',
    behavior: await measureBehavior(checkpoint, base, files),
    merge: merge?.result ?? null,
    probes: probes?.result ?? null,
    shard: shard && {
      ...shard,
      spectra: spectra?.share ?? null,
      probes: probes?.run?.share ?? null,
      adapter: merge?.adapter ?? null,
    },
    run: {
      ...machineRecord(started),
      checkpoint: checkpoint.remote?.name ?? options.checkpoint,
      reference: base && nameOf(base),
      adapter: options.adapter ? nameOf(options.adapter) : null,
      hub: hubRecord(checkpoint, base),
      deviceReason: spectra?.device.reason ?? probes?.run?.by ?? '',
      recalledSpectra: spectra?.recalled ?? 0,
      ...(spectra?.completed ? { completedSpectra: [...spectra.completed] } : {}),
      probes: probesRecord(probes?.run),
    },
  });
  const isAsked = probes?.result.status !== 'measured' || probes.result.sequential?.settled !== null;
  const isWhole = (spectra?.share.skipped ?? []).length === 0 && probes?.result.status !== 'notRun' && isAsked;
  return { measurement, isWhole };
}

/** What was measured, and from what. */
async function describeModels(
  checkpoint: Checkpoint,
  base: FullCheckpoint | null,
  { digests, onProgress }: MeasureOptions & Known,
) {
  return {
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: await identify(checkpoint, digests, onProgress),
    architecture: architectureOf(checkpoint, base),
    reference: base && (await identify(base, digests, onProgress)),
  };
}

/** Of several machines, the first one checks the merge: it takes no longer than reading the files. */
async function tryMerge(
  checkpoint: Checkpoint,
  { adapter, reference, shard, digests, onProgress }: MeasureOptions & { readonly digests: TensorDigests },
) {
  if (!adapter || !reference || checkpoint.format === 'lora') return null;
  const digest = await digestCheckpoint(adapter, digests, onProgress);
  const sides = { adapter, checkpoint, reference: reference.checkpoint, digests };
  const isOwn = !shard || shard.index === 1;
  return { adapter: digest, result: isOwn ? await measureMerge(sides, onProgress) : null };
}

/**
 * Run the probes on the checkpoint, or on the server that runs it. A checkpoint that cannot be run (no tokenizer, an
 * unknown family) still has spectra: then the measurement has the reason, and no comparison passes with it. Without
 * spectra, or with a server, it is an error.
 */
async function tryProbes(
  checkpoint: Checkpoint,
  selection: ProbeRunOptions,
  { reference, device, endpoint, spectra, shard, memoryLimit, onProgress }: MeasureOptions,
): Promise<{ result: Probes; run: ProbeRun | null }> {
  const source: ModelSource = endpoint
    ? servedSource(withTokenizerOf(hubFoldersOf(checkpoint, reference), endpoint), selection)
    : {
        kind: 'checkpoint',
        checkpoint,
        reference: reference?.checkpoint ?? null,
        device: device ?? 'auto',
        memoryLimit,
      };
  try {
    const run = await measureProbes(source, selection, {
      shard: shard ?? null,
      onProgress,
    });
    return { result: run.probes, run };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Nobody but the server can repair its answers: what was measured else is not lost, and the report has the cause.
    const isReported = error.code === 'untrusted-server' || !(endpoint || spectra === false);
    if (!isReported) throw error;
    return { result: { status: 'notRun', reason: error.message, cause: error.code ?? 'other' }, run: null };
  }
}

/** How a hub lists what was read. The base of full weights says nothing about them. */
function hubRecord(checkpoint: Checkpoint, base: FullCheckpoint | null): Measurement['run']['hub'] {
  const own = listingOf(checkpoint);
  const of = checkpoint.format === 'lora' && base ? listingOf(base) : null;
  const named = ({ name, listing }: NonNullable<typeof own>) => ({ checkpoint: name, listing });
  return own ? { ...named(own), base: of && named(of) } : undefined;
}

/** The folders of a checkpoint on a hub that can have its tokenizer. */
function hubFoldersOf(checkpoint: Checkpoint, reference: MeasureOptions['reference']): readonly string[] {
  if (checkpoint.remote === null) return [];
  const base = checkpoint.format === 'lora' && reference ? [reference.checkpoint.path] : [];
  return [checkpoint.path, ...base];
}

async function identify(
  checkpoint: Checkpoint,
  digests: TensorDigests,
  onProgress: SpectraOptions['onProgress'],
): Promise<Identity> {
  const dtypes = new Map<string, number>();
  let parameters = 0;
  for (const { dtype, size } of checkpoint.tensors.values()) {
    dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1);
    parameters += size;
  }
  return {
    digest: await digestCheckpoint(checkpoint, digests, onProgress),
    format: checkpoint.format,
    dtypes: Object.fromEntries([...dtypes].sort(([a], [b]) => (a < b ? -1 : 1))),
    tensors: checkpoint.tensors.size,
    parameters,
  };
}

/** An adapter has the architecture of its base model. */
function architectureOf(checkpoint: Checkpoint, reference: FullCheckpoint | null): Measurement['architecture'] {
  const full = checkpoint.format === 'lora' ? (reference ?? checkpoint) : checkpoint;
  const { modelType, name, layers, hiddenSize, heads, keyValueHeads } = full.architecture;
  return { modelType, name, layers, hiddenSize, heads, keyValueHeads };
}
