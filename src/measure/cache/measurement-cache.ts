import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { VERSION } from '../../platform/version.ts';
import type { MethodChoice } from '../../spectra/choose-method.ts';
import { summarise } from '../aggregate.ts';
import type { MeasureOptions, ProbeRunOptions } from '../options.ts';
import { MEASUREMENT_SCHEMA, type Measurement } from '../schema/measurement.ts';
import { parseMeasurement } from '../schema/read.ts';

/** What is to be measured: everything that a measurement depends on, but for the machine's last bits. */
export interface Wanted {
  readonly checkpoint: string;
  readonly reference: string | null;
  readonly device: string;
  readonly method: MethodChoice;
  readonly spectra: boolean;
  readonly probes: ProbeRunOptions | null;
  /** Of the tokenizer that the probes are asked through; null without probes. */
  readonly tokens: string | null;
}

/** Null for what cannot be known by its digest: a server's answers, a part of a measurement. */
export function wantedOf(
  { device, method, spectra, probes, endpoint, shard, isWanted, onSpectrum }: MeasureOptions,
  digests: Pick<Wanted, 'checkpoint' | 'reference' | 'tokens'>,
): Wanted | null {
  if (endpoint || shard || isWanted || onSpectrum) return null;
  return {
    ...digests,
    device: device ?? 'auto',
    method: method ?? 'auto',
    spectra: spectra !== false,
    probes: probes ?? null,
  };
}

/** 64 hexadecimal digits that change with everything that changes a measurement. */
export function keyOf({ probes, ...wanted }: Wanted): string {
  const platform = `${process.platform}-${process.arch}`;
  const parts = [MEASUREMENT_SCHEMA, VERSION, platform, wanted, probes && questionsOf(probes)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function questionsOf({ suites, seed, chatTemplate, budgetSeconds }: ProbeRunOptions) {
  const asked = suites.map(({ name, version, digest, seed: drawn, items, warnings }) => ({
    name,
    version,
    digest,
    seed: drawn,
    items: items.map(({ id }) => id),
    warnings,
  }));
  return { seed, chatTemplate, budgetSeconds, asked };
}

/**
 * The measurement in a text that was kept, if it is what is wanted and whole. Whoever can write to a store can put anything
 * there: that it names the right checkpoint is checked, and that its summaries follow from its matrices, but numbers that
 * were made up with care are not found out. A store must not hand out what a change can have written.
 */
export function recallFrom(text: string, wanted: Wanted): Measurement | null {
  try {
    const measurement = parseMeasurement(text, 'the store');
    return isWanted(measurement, wanted) ? measurement : null;
  } catch {
    return null;
  }
}

function isWanted({ tool, checkpoint, reference, method, probes, ...rest }: Measurement, wanted: Wanted): boolean {
  return (
    tool.version === VERSION &&
    checkpoint.digest === wanted.checkpoint &&
    (reference?.digest ?? null) === wanted.reference &&
    (method !== null) === wanted.spectra &&
    isDeepStrictEqual({ model: rest.model, groups: rest.groups }, summarise(rest.tensors)) &&
    areAnswers(probes, wanted.probes)
  );
}

function areAnswers(probes: Measurement['probes'], order: ProbeRunOptions | null): boolean {
  if (probes?.status !== 'measured' || order === null) return probes === null && order === null;
  const digests = (suites: readonly { name: string; digest: string }[]) =>
    suites.map(({ name, digest }) => [name, digest]);
  return (
    probes.seed === order.seed &&
    probes.chatTemplate === order.chatTemplate &&
    isDeepStrictEqual(digests(probes.suites), digests(order.suites))
  );
}
