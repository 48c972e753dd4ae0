import os from 'node:os';
import process from 'node:process';
import { digestCheckpoint, TensorDigests } from '../checkpoint/digest.ts';
import { nameOf, openCheckpoint, openReference } from '../checkpoint/open.ts';
import type { Checkpoint, FullCheckpoint } from '../checkpoint/types.ts';
import { digestTokenFiles } from '../language-model/tokens/token-files.ts';
import { UserError } from '../platform/user-error.ts';
import { VERSION } from '../platform/version.ts';
import { methodOfAll, summarise } from './aggregate.ts';
import { decodeMeasurement, encodeMeasurement, measurementKey, measurementRequest } from './cache/measurement-cache.ts';
import { type AskedProbes, measureProbes } from './measure-probes.ts';
import { measureSpectra } from './measure-spectra.ts';
import type { MeasureOptions, ProbeRunOptions, Reference, SpectraOptions } from './options.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './schema/measurement.ts';
import type { Probes } from './schema/probes.ts';

type Identity = Measurement['checkpoint'];

/** @throws UserError if there is no checkpoint of full weights at the path */
export async function openMeasuredReference(path: string | undefined): Promise<Reference | null> {
  if (path === undefined) return null;
  return { checkpoint: await openReference(path), digests: new TensorDigests() };
}

/**
 * Measure one checkpoint, or a shard's share of it; one that the store has is not measured again.
 * @throws UserError for anything that the user can mend
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const started = new Date();
  const { reference = null, store } = options;
  const checkpoint = await openCheckpoint(options.checkpoint);
  const digests = reference?.digests ?? new TensorDigests();
  // Without a store nobody asks before the end what it is: then its bytes are hashed as they are read to be measured.
  const request = store ? measurementRequest(options, await digestsOf(checkpoint, digests, options)) : null;
  if (!store || !request) return (await measureOpened(checkpoint, started, { ...options, digests })).measurement;
  const key = measurementKey(request);
  const text = await store.get(key);
  const cached = text === null ? null : decodeMeasurement(text, request);
  if (cached !== null) {
    // When and where it was measured stays; the files may lie elsewhere now.
    const paths = {
      checkpoint: checkpoint.remote?.name ?? options.checkpoint,
      reference: reference && nameOf(reference.checkpoint),
    };
    return { ...cached, run: { ...cached.run, ...paths } };
  }
  const { measurement, isWhole } = await measureOpened(checkpoint, started, { ...options, digests });
  if (isWhole) await store.set(key, encodeMeasurement(measurement));
  return measurement;
}

async function digestsOf(
  checkpoint: Checkpoint,
  digests: TensorDigests,
  { reference, probes, onProgress }: MeasureOptions,
) {
  // An adapter may take the tokenizer of its base model.
  const base = checkpoint.format === 'lora' && reference ? [reference.checkpoint.path] : [];
  return {
    checkpoint: await digestCheckpoint(checkpoint, digests, onProgress),
    reference: reference ? await digestCheckpoint(reference.checkpoint, digests, onProgress) : null,
    tokens: probes ? await digestTokenFiles([checkpoint.path, ...base]) : null,
  };
}

/** What was measured; not whole where this machine could not do all, which another one might. */
interface Measured {
  readonly measurement: Measurement;
  readonly isWhole: boolean;
}

async function measureOpened(
  checkpoint: Checkpoint,
  started: Date,
  options: MeasureOptions & { readonly digests: TensorDigests },
): Promise<Measured> {
  const { reference = null, shard = null, digests } = options;
  const origin = reference?.checkpoint ?? null;
  const spectra = options.spectra === false ? null : await measureSpectra(checkpoint, origin, options);
  const identity = await identify(checkpoint, digests, options.onProgress);
  const originIdentity = origin && (await identify(origin, digests, options.onProgress));
  const asked = options.probes ? await askProbes(options, options.probes) : null;
  const tensors = spectra?.tensors ?? [];
  // A measurement that could not be read back would be found out when it is needed.
  const measurement = measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: identity,
    architecture: architectureOf(checkpoint, origin),
    reference: originIdentity,
    device: spectra?.device.name ?? asked?.run?.device ?? 'cpu',
    method: spectra && methodOfAll(tensors),
    // Of a part of the tensors they would say something else: they come with the merge.
    ...summarise(shard ? [] : tensors),
    tensors: [...tensors],
    vectors: [...(spectra?.vectors ?? [])],
    nonFinite: spectra?.nonFinite ?? [],
    skipped: spectra?.skipped ?? [],
    mismatched: spectra?.mismatched ?? [],
    probes: asked?.probes ?? null,
    shard: shard && { ...shard, spectra: spectra?.share ?? null, probes: asked?.run?.share ?? null },
    run: {
      time: started.toISOString(),
      host: os.hostname(),
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      cores: os.availableParallelism(),
      durationSeconds: (Date.now() - started.getTime()) / 1000,
      checkpoint: checkpoint.remote?.name ?? options.checkpoint,
      reference: origin && nameOf(origin),
      deviceReason: spectra?.device.reason ?? asked?.run?.by ?? '',
      recalledSpectra: spectra?.recalled ?? 0,
      probes: asked?.run
        ? { by: asked.run.by, seconds: asked.run.seconds, expectedSeconds: asked.run.expectedSeconds }
        : null,
    },
  });
  const isWhole = (spectra?.share.skipped ?? []).length === 0 && asked?.probes.status !== 'notRun';
  return { measurement, isWhole };
}

/**
 * Ask the checkpoint, or the server that answers for it. A checkpoint that cannot be asked (no tokenizer, another family)
 * still has spectra: then the measurement says why, and no comparison passes on it. Without spectra, or where a server was
 * to answer, it is an error.
 */
async function askProbes(
  { checkpoint, reference, device, endpoint, spectra, shard, onProgress }: MeasureOptions,
  order: ProbeRunOptions,
): Promise<{ probes: Probes; run: AskedProbes | null }> {
  const local = {
    kind: 'checkpoint',
    checkpoint,
    reference: reference ? nameOf(reference.checkpoint) : undefined,
    device: device ?? 'auto',
  } as const;
  try {
    const run = await measureProbes(endpoint ? { kind: 'endpoint', ...endpoint } : local, order, {
      shard: shard ?? null,
      onProgress: (done, total, seconds) =>
        onProgress?.({
          done,
          total,
          name: `probes, about ${Math.max(1, Math.round(seconds))} s in all`,
          secondsLeft: total > 0 ? (seconds * (total - done)) / total : 0,
        }),
    });
    return { probes: run.probes, run };
  } catch (error) {
    if (!(error instanceof UserError) || endpoint || spectra === false) throw error;
    return { probes: { status: 'notRun', reason: error.message }, run: null };
  }
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
