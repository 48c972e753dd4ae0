import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  checkpointListing,
  checkpointName,
  checkSignature,
  digestCheckpoint,
  TensorDigests,
  whileUnchanged,
} from '@shadow-gate/checkpoints';
import { type FullCheckpoint, foreignFilesIn, foreignNamesAmong } from '@shadow-gate/checkpoints/formats';
import { storedEntries } from '@shadow-gate/checkpoints/tensors';
import type { ModelSource } from '@shadow-gate/language-model';
import { digestTokenFiles, reopenTokens, type TokenPlace } from '@shadow-gate/language-model/tokens';
import { at, UserError, VERSION } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import { isScreened } from './aggregate.ts';
import { describeFiles, digestFiles } from './behavior/behavior-files.ts';
import { digestOwnFiles } from './behavior/digest-own-files.ts';
import { measureLogitScale } from './behavior/logit-scale.ts';
import { sampleTokens } from './behavior/token-sample.ts';
import { encodeMeasurement, measurementKey, measurementRequest, recallMeasurement } from './cache/measurement-cache.ts';
import { measureMerge } from './measure-merge.ts';
import { measureOwnTextAlone, tryProbes } from './measure-probes.ts';
import { describeServer, servedSource } from './measure-served.ts';
import type { SpectraMeasurement } from './measure-spectra.ts';
import { type MeasuredModel, modelArchitecture } from './open-measured.ts';
import type { MeasureOptions, ProbeRunOptions } from './options.ts';
import { refuseMisread } from './refuse-misread.ts';
import { refuseOtherWeights } from './refuse-other-weights.ts';
import { machineRecord, probesRecord } from './run-record.ts';
import type { Behavior, BehaviorFiles } from './schema/behavior.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './schema/measurement.ts';
import { describeSpectra, measureSettled } from './settle-spectra.ts';
import { isFirst } from './shards/shard.ts';
import { digestOrOutline, digestShares, isReadBy, planReading, type SharedReading } from './shared-reading.ts';

const NO_FILES: ReadonlySet<string> = new Set();

type Identity = Measurement['checkpoint'];

/**
 * Measure one checkpoint, or the share of a shard. It is opened once (see open-measured.ts), looked up in the store by
 * the digests of its bytes, and otherwise measured: the spectra of its matrices, then the probes, which run on the
 * opened checkpoint. The result is checked against the schema, so that whatever is written can be read back.
 * @throws UserError for a checkpoint that cannot be measured
 */
export async function measure(model: MeasuredModel, options: MeasureOptions): Promise<Measurement> {
  const started = new Date();
  const { checkpoint, reference = null, adapter = null } = model;
  const used = [checkpoint, reference?.checkpoint, adapter].flatMap((opened) =>
    opened ? [{ checkpoint: opened }] : [],
  );
  const digests = reference?.digests ?? new TensorDigests();
  const { measurement, keep, same, signature, behaviorFiles } = await whileUnchanged(used, async () => {
    // A server runs what it was given, not the files here.
    const isServed = options.spectra === false && model.endpoint !== undefined;
    const reading = await planReading(model, options);
    const { onProgress } = options;
    if (!isServed) await refuseMisread(checkpoint, reading.checkpoint, onProgress);
    const same = isServed ? NO_FILES : await refuseOtherWeights(checkpoint, digests, reading.checkpoint, onProgress);
    const signature = await checkSignature(checkpoint, options.publicKey, onProgress);
    const behaviorFiles = await digestOwnFiles(checkpoint);
    const recalled = await recallOrMeasure(model, started, { ...options, digests, reading });
    return { same, signature, behaviorFiles, ...recalled };
  });
  // Only what was measured on files that did not change is kept.
  await keep?.();
  // Not kept with it: the bytes of the weights, by which a measurement is looked up, do not depend on these.
  const unread = (await unreadFiles(checkpoint)).filter(({ name }) => !same.has(name));
  // In the order of the schema, as merged shards have it.
  return measurementSchema.parse({
    ...measurement,
    behaviorFiles,
    ...(unread.length === 0 ? {} : { unread }),
    ...(signature === null ? {} : { signature: { ...signature, faults: [...signature.faults] } }),
  });
}

/** Files next to the weights that programs may load instead, or that can run code. A lone file has none. */
async function unreadFiles({ path, remote, tensors }: Checkpoint): Promise<NonNullable<Measurement['unread']>> {
  const found = await (remote ? foreignNamesAmong(remote.names) : foreignFilesIn(path));
  const stored = [...tensors.values()].flatMap(storedEntries);
  const read = new Set(stored.map(({ file }) => file));
  const files = await Promise.all(found.map(({ name }) => realpath(join(path, name)).catch(() => '')));
  const unread = found.filter((_, i) => !read.has(at(files, i)));
  return unread.map(({ name, format: { what, runsCode = false } }) => ({ name, what, runsCode }));
}

async function recallOrMeasure(
  model: MeasuredModel,
  started: Date,
  options: MeasureOptions & Pick<Known, 'digests' | 'reading'>,
): Promise<{ readonly measurement: Measurement; readonly keep: (() => Promise<void>) | null }> {
  const { path, checkpoint, reference = null, adapter } = model;
  const { store } = options;
  // Without a store digests are not needed before the end: bytes are hashed as they are read to be measured.
  const files = await describeFiles(checkpoint, reference?.checkpoint ?? null);
  const known = { ...options, files };
  const request = store && !options.shard ? measurementRequest(model, options, await digestsOf(model, known)) : null;
  if (!store || !request) {
    const { measurement } = await measureOpened(model, started, known);
    await expectSameFiles(model, { files: digestFiles(files), tokens: null });
    return { measurement, keep: null };
  }
  const cached = await recallMeasurement(store, request);
  if (cached !== null) {
    await expectSameFiles(model, { files: digestFiles(files), tokens: request.tokens });
    // The time and machine of the measurement stay; the files can be elsewhere now.
    const paths = {
      checkpoint: checkpoint.remote?.name ?? path,
      reference: reference && checkpointName(reference.checkpoint),
      adapter: adapter ? checkpointName(adapter) : null,
      hub: hubRecord(checkpoint, reference?.checkpoint ?? null),
    };
    const recalled = { ...cached, run: { ...cached.run, ...paths } };
    return { measurement: await withOwnText(recalled, model, options), keep: null };
  }
  const { measurement, isWhole, isOfMachine } = await measureOpened(model, started, known);
  await expectSameFiles(model, { files: digestFiles(files), tokens: request.tokens });
  const key = measurementKey(request);
  const isKept = request.judgedBy === null ? isWhole : !isOfMachine;
  return { measurement, keep: isKept ? () => store.set(key, encodeMeasurement(withoutOwnText(measurement))) : null };
}

/** A stored text is one that a candidate can have been trained on. */
export function withoutOwnText<M extends Pick<Measurement, 'probes'>>(measurement: M): M {
  const { probes } = measurement;
  if (probes?.status !== 'measured') return measurement;
  const { ownText: _, ...rest } = probes;
  return { ...measurement, probes: rest };
}

async function withOwnText(recalled: Measurement, model: MeasuredModel, options: MeasureOptions): Promise<Measurement> {
  const { probes } = recalled;
  if (probes?.status !== 'measured' || !options.probes?.ownText) return recalled;
  const ownText = await measureOwnTextAlone(sourceOf(model, options.probes, options), options.probes, options);
  return { ...recalled, probes: { ...probes, ...ownText } };
}

/**
 * The files were read when the checkpoint was opened, which can be long ago: a baseline may have been measured since.
 * All of them are read once more, to see that they are still the same.
 * @param before digests; null for what is not needed
 */
async function expectSameFiles(
  { path, checkpoint, reference, adapter }: MeasuredModel,
  before: { readonly files: string; readonly tokens: string | null },
): Promise<void> {
  const base = checkpoint.format === 'lora' ? (reference?.checkpoint ?? null) : null;
  const now = { ...checkpoint, ...(await reopenTokens(checkpoint)) };
  const baseNow = base && { ...base, ...(await reopenTokens(base)) };
  const isSame =
    (before.tokens === null || before.tokens === (await digestTokenFiles(baseNow ? [now, baseNow] : [now]))) &&
    before.files === digestFiles(await describeFiles(now, baseNow));
  if (!isSame) throw changed(`the tokenizer, or another file next to the weights, of ${path}`);
  // Not all of a config is described, and all of it decides what is measured.
  const opened = new Map([[checkpoint.files, now.files]]);
  if (base && baseNow) opened.set(base.files, baseNow.files);
  for (const { files } of [reference?.checkpoint, adapter].filter((other) => other != null)) {
    if (!opened.has(files)) opened.set(files, new FolderFiles(files.path));
  }
  for (const [files, again] of opened) {
    const file = await files.changedFile(again);
    if (file !== null) throw changed(file);
  }
}

function changed(what: string): UserError {
  return new UserError(`${what} changed while it was measured`, 'run again when nothing writes to it any more');
}

/** Results of reading before anything is measured. */
interface Known {
  readonly digests: TensorDigests;
  readonly reading: SharedReading;
  readonly files: BehaviorFiles;
}

async function digestsOf(
  { checkpoint, reference, adapter }: MeasuredModel,
  { probes, onProgress, digests, files }: MeasureOptions & Known,
) {
  return {
    checkpoint: await digestCheckpoint(checkpoint, digests, onProgress),
    reference: reference ? await digestCheckpoint(reference.checkpoint, digests, onProgress) : null,
    adapter: adapter ? await digestCheckpoint(adapter, digests, onProgress) : null,
    tokens: probes ? await digestTokenFiles(tokenPlacesOf(checkpoint, reference)) : null,
    behavior: digestFiles(files),
  };
}

/** An adapter can use the tokenizer of its base model. */
function tokenPlacesOf(checkpoint: Checkpoint, reference: MeasuredModel['reference']): readonly TokenPlace[] {
  return checkpoint.format === 'lora' && reference ? [checkpoint, reference.checkpoint] : [checkpoint];
}

interface Measured {
  readonly measurement: Measurement;
  /** Did this machine measure everything, and leave nothing open that another baseline or policy may depend on? */
  readonly isWhole: boolean;
  /** Did this machine lack the means to measure everything? */
  readonly isOfMachine: boolean;
}

async function measureOpened(model: MeasuredModel, started: Date, options: MeasureOptions & Known): Promise<Measured> {
  const { path, checkpoint, endpoint, reference = null, adapter } = model;
  const { shard = null, reading, digests, onProgress } = options;
  const base = reference?.checkpoint ?? null;
  const described = async (measured: SpectraMeasurement | null) => ({
    ...(await describeModels(checkpoint, base, options)),
    ...describeSpectra(measured, { isWhole: shard === null }),
  });
  const draftOf = async (measured: SpectraMeasurement) =>
    measurementSchema.parse({
      ...(await described(measured)),
      device: measured.device.name,
      run: { ...machineRecord(started), checkpoint: path, reference: null, deviceReason: '' },
    });
  const spectra = options.spectra === false ? null : await measureSettled(checkpoint, base, options, draftOf);
  const models = await described(spectra);
  const merge = await tryMerge(model, options);
  const probes = options.probes ? await askProbes(model, options.probes, options) : null;
  const measurement = measurementSchema.parse({
    ...models,
    answeredBy: endpoint && probes ? { ...describeServer(endpoint, probes.run), revision: null } : undefined,
    device: spectra?.device.name ?? probes?.run?.device ?? 'cpu',
    behavior: await measureBehavior(checkpoint, base, options),
    merge: merge?.result ?? null,
    probes: probes?.result ?? null,
    shard: shard && {
      ...shard,
      spectra: spectra?.share ?? null,
      probes: probes?.run?.share ?? null,
      adapter: merge?.adapter ?? null,
      digests: await digestShares(model, reading, digests, onProgress),
    },
    run: {
      ...machineRecord(started),
      checkpoint: checkpoint.remote?.name ?? path,
      reference: base && checkpointName(base),
      adapter: adapter ? checkpointName(adapter) : null,
      hub: hubRecord(checkpoint, base),
      deviceReason: spectra?.device.reason ?? probes?.run?.by ?? '',
      recalledSpectra: spectra?.recalled ?? 0,
      ...(spectra?.completed ? { completedSpectra: [...spectra.completed] } : {}),
      probes: probesRecord(probes?.run),
    },
  });
  const isAnswered = probes === null || probes.result.status === 'measured';
  const isOfMachine = !isAnswered || (spectra?.share.skipped ?? []).length > 0;
  const isStopped = probes?.result.status === 'measured' && probes.result.sequential !== undefined;
  return { measurement, isWhole: !isOfMachine && !isStopped && !measurement.tensors.some(isScreened), isOfMachine };
}

async function describeModels(
  checkpoint: Checkpoint,
  base: FullCheckpoint | null,
  { digests, reading, onProgress }: MeasureOptions & Known,
) {
  return {
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: identify(checkpoint, await digestOrOutline(checkpoint, reading.checkpoint, digests, onProgress)),
    architecture: modelArchitecture(checkpoint, base),
    reference: base && identify(base, await digestOrOutline(base, reading.reference, digests, onProgress)),
  };
}

async function measureBehavior(
  checkpoint: Checkpoint,
  base: FullCheckpoint | null,
  { files, reading }: Pick<Known, 'files' | 'reading'>,
): Promise<Behavior> {
  const tokens = files.tokenizer === null ? null : await sampleTokens(checkpoint, base);
  const logitScale = await measureLogitScale(checkpoint, base, isReadBy(reading, checkpoint));
  return { files, ...(tokens === null ? {} : { tokens }), logitScale };
}

/** The first of several machines checks the merge: that takes no longer than reading the files. */
async function tryMerge(
  { checkpoint, adapter, reference }: MeasuredModel,
  { shard, digests, onProgress }: MeasureOptions & Pick<Known, 'digests'>,
) {
  if (!adapter || !reference || checkpoint.format === 'lora') return null;
  const digest = await digestCheckpoint(adapter, digests, onProgress);
  const sides = { adapter, checkpoint, reference: reference.checkpoint, digests };
  return { adapter: digest, result: isFirst(shard) ? await measureMerge(sides, onProgress) : null };
}

/**
 * Run the probes on the checkpoint, or on the server that runs it. A checkpoint that cannot be run (no tokenizer, an
 * unknown family) still has spectra: the measurement then has the reason, and no comparison passes with it. It is an
 * error without spectra, or with a server.
 */
function askProbes(model: MeasuredModel, selection: ProbeRunOptions, options: MeasureOptions) {
  const { spectra, shard, onProgress } = options;
  const canFail = !model.endpoint && spectra !== false;
  return tryProbes(sourceOf(model, selection, options), selection, { shard, onProgress, canFail });
}

function sourceOf(
  { checkpoint, endpoint, reference }: MeasuredModel,
  selection: ProbeRunOptions,
  { device, memoryLimit }: MeasureOptions,
): ModelSource {
  // Only a checkpoint on a hub brings its tokenizer to a server: nobody can give the name of its folder.
  const brought = checkpoint.remote === null ? [] : tokenPlacesOf(checkpoint, reference);
  const base = reference?.checkpoint ?? null;
  return endpoint
    ? servedSource(endpoint, brought, selection)
    : { kind: 'checkpoint', checkpoint, reference: base, device: device ?? 'auto', memoryLimit };
}

/** How a hub lists what was read. The base of full weights says nothing about them. */
function hubRecord(checkpoint: Checkpoint, base: FullCheckpoint | null): Measurement['run']['hub'] {
  const own = checkpointListing(checkpoint);
  const of = checkpoint.format === 'lora' && base ? checkpointListing(base) : null;
  const named = ({ name, listing }: NonNullable<typeof own>) => ({ checkpoint: name, listing });
  return own ? { ...named(own), base: of && named(of) } : undefined;
}

function identify(checkpoint: Checkpoint, digest: string): Identity {
  const dtypes = new Map<string, number>();
  let parameters = 0;
  for (const { dtype, size } of checkpoint.tensors.values()) {
    dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1);
    parameters += size;
  }
  return {
    digest,
    format: checkpoint.format,
    dtypes: Object.fromEntries([...dtypes].sort(([a], [b]) => (a < b ? -1 : 1))),
    tensors: checkpoint.tensors.size,
    parameters,
  };
}
