import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { at, VERSION } from '@shadow-gate/platform';
import { seal, unseal } from '@shadow-gate/platform/json';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { hidesTexts, itemKey, type MeasuredProbes, type SuiteMeasurement } from '@shadow-gate/probes/answer';
import { seedName } from '@shadow-gate/probes/random';
import { atLevels, type Suite } from '@shadow-gate/probes/suite';
import type { MethodChoice } from '@shadow-gate/spectra';
import { isScreened, summarize } from '../aggregate.ts';
import { digestFiles } from '../behavior/behavior-files.ts';
import type { MeasuredModel } from '../open-measured.ts';
import type { MeasureOptions, ProbeRunOptions } from '../options.ts';
import { MEASUREMENT_SCHEMA, type Measurement } from '../schema/measurement.ts';
import { parseMeasurement } from '../schema/read.ts';
import { storedMeasurement } from '../schema/write.ts';
import { REVISION } from './spectrum-cache.ts';

/** Everything that a measurement depends on, except for the last bits, which depend on the machine. */
interface MeasurementRequest {
  readonly checkpoint: string;
  /** Digest of the reference; null without one. */
  readonly reference: string | null;
  /** Digest of the adapter whose merge is checked; null without one. */
  readonly adapter: string | null;
  readonly device: string;
  readonly method: MethodChoice;
  readonly spectra: boolean;
  readonly probes: ProbeRunOptions | null;
  /** Digest of the tokenizer that the probes are run with; null without probes. */
  readonly tokens: string | null;
  /** Digest of the files that decide how the model is used. */
  readonly behavior: string;
  /** See `MeasureOptions`; null for a measurement of everything, and with a time limit. */
  readonly judgedBy: string | null;
}

/** @returns null where digests do not determine the result: answers of a server, or a part of a measurement */
export function measurementRequest(
  { endpoint }: Pick<MeasuredModel, 'endpoint'>,
  { device, method, spectra, probes, shard, isWanted, updatesOnly, onSpectrum, ...options }: MeasureOptions,
  digests: Pick<MeasurementRequest, 'checkpoint' | 'reference' | 'adapter' | 'tokens' | 'behavior'>,
): MeasurementRequest | null {
  if (endpoint || shard || isWanted || updatesOnly || onSpectrum) return null;
  const { judgedBy = null, screening } = options;
  const mayStop = screening !== undefined || (probes?.sequential !== undefined && probes.budgetSeconds === null);
  return {
    ...digests,
    device: device ?? 'auto',
    method: method ?? 'auto',
    spectra: spectra !== false,
    probes: probes ?? null,
    judgedBy: mayStop ? judgedBy : null,
  };
}

/** @returns 64 hexadecimal digits that change with everything that changes a measurement */
export function measurementKey({ probes, adapter, judgedBy, ...request }: MeasurementRequest): string {
  const platform = `${process.platform}-${process.arch}`;
  const parts: unknown[] = [MEASUREMENT_SCHEMA, VERSION, REVISION, platform, request, probes && probeIdentity(probes)];
  // Last, and only where there is one: without it the keys stay those of before.
  if (adapter !== null) parts.push(adapter);
  if (judgedBy !== null) parts.push({ judgedBy });
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

// The names of the keys are part of the hash: another name would make every cached measurement a miss.
function probeIdentity({ suites, texts = [], seed, chatTemplate, budgetSeconds, isChosen }: ProbeRunOptions) {
  const asked = suites.map(
    ({ name, version, digest, seed: drawn, items, warnings, source, levels, texts, slices }) => ({
      name,
      version,
      digest,
      seed: drawn,
      items: items.map(({ id }) => id),
      warnings,
      ...(source === undefined ? {} : { source }),
      // Chosen by a pilot, or known.
      ...(levels === undefined ? {} : { levels }),
      ...(texts === undefined || texts.kept ? {} : { texts: 'hashed' }),
      ...(slices === undefined ? {} : { slices: [...slices] }),
    }),
  );
  const scored = texts.map(({ name, digest, kept }) => ({ name, digest, kept }));
  return {
    ...{ seed, chatTemplate, budgetSeconds, asked },
    ...(scored.length === 0 ? {} : { scored }),
    ...(isChosen ? { isChosen } : {}),
  };
}

export const encodeMeasurement = (measurement: Measurement): string => seal(storedMeasurement(measurement));

/**
 * A measurement in a store: of everything, which also answers a run that may screen matrices or stop early; or, where
 * the request says what it is judged by, judged by the same. Null if it is damaged or not what was requested. Anybody
 * who can write to a store can put anything into it. This checks that the text names the right checkpoint, and that its
 * summaries follow from its matrices. It cannot detect numbers that were forged with care: a store must not return an
 * entry that a change can have written.
 */
export async function recallMeasurement(
  store: KeyValueStore,
  request: MeasurementRequest,
): Promise<Measurement | null> {
  const text = await store.get(measurementKey(request));
  if (text === null) return null;
  try {
    const measurement = parseMeasurement(unseal(text) ?? '', 'the cache');
    return answers(measurement, request) ? measurement : null;
  } catch {
    return null;
  }
}

function answers(
  { tool, checkpoint, reference, merge, method, behavior, probes, model, groups, tensors }: Measurement,
  request: MeasurementRequest,
): boolean {
  return (
    tool.version === VERSION &&
    (request.judgedBy !== null || !tensors.some(isScreened)) &&
    checkpoint.digest === request.checkpoint &&
    (reference?.digest ?? null) === request.reference &&
    (merge?.adapter.digest ?? null) === request.adapter &&
    (method !== null) === request.spectra &&
    behavior !== null &&
    digestFiles(behavior.files) === request.behavior &&
    isDeepStrictEqual({ model, groups }, summarize(tensors)) &&
    haveRun(probes, request)
  );
}

function haveRun(
  probes: Measurement['probes'],
  { probes: requested, judgedBy }: Pick<MeasurementRequest, 'probes' | 'judgedBy'>,
): boolean {
  if (probes?.status !== 'measured' || requested === null) return probes === null && requested === null;
  const digests = (suites: readonly { name: string; digest: string }[]) =>
    suites.map(({ name, digest }) => [name, digest]);
  return (
    (judgedBy !== null || probes.sequential === undefined) &&
    probes.seed === seedName(requested.seed) &&
    (!requested.order.isChosen || probes.orderSeed === requested.order.seed) &&
    probes.chatTemplate === requested.chatTemplate &&
    isDeepStrictEqual(digests(probes.suites), digests(requested.suites)) &&
    isDeepStrictEqual(digests(probes.texts ?? []), digests(requested.texts ?? [])) &&
    requested.suites.every((suite, i) => {
      const { levels, texts } = at(probes.suites, i);
      return areOf(levels, suite.levels) && (texts === 'hashed') === hidesTexts(suite);
    }) &&
    ((requested.budgetSeconds !== null && !requested.isChosen) ||
      probes.sequential !== undefined ||
      isComplete(probes, requested))
  );
}

/** Levels of the same families, and the requested ones where they were known. */
function areOf(measured: SuiteMeasurement['levels'], requested: Suite['levels']): boolean {
  const wanted = requested?.map(({ asked, ...family }, i) => ({ ...family, asked: asked ?? measured?.[i]?.asked }));
  return isDeepStrictEqual(measured, wanted);
}

/** Without a budget, every item of the levels asked has an answer or a reason why it has none. */
function isComplete({ suites: measured, items, leftOut }: MeasuredProbes, { suites }: ProbeRunOptions): boolean {
  const found = new Set([...items, ...leftOut].map(itemKey));
  return suites.every((suite, i) => {
    const levels = at(measured, i).levels;
    const asked = levels ? atLevels(suite, levels) : suite;
    return asked.items.every(({ id }) => found.has(itemKey({ suite: suite.name, id })));
  });
}
