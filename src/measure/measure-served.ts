import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSource } from '@shadow-gate/language-model';
import { remoteAddress } from '@shadow-gate/language-model/remote';
import type { TokenPlace } from '@shadow-gate/language-model/tokens';
import { VERSION } from '@shadow-gate/platform';
import type { ListedModel } from './listed.ts';
import { type ProbeRun, tryProbes } from './measure-probes.ts';
import type { Endpoint, MeasureOptions, ProbeRunOptions } from './options.ts';
import { machineRecord, probesRecord } from './run-record.ts';
import {
  MEASUREMENT_SCHEMA,
  type Measurement,
  measurementSchema,
  type Served,
  servedDigest,
} from './schema/measurement.ts';
import type { Shard } from './shards/shard.ts';
import { WITHOUT_WEIGHTS } from './without-weights.ts';

interface MeasureServedOptions {
  readonly endpoint: Endpoint;
  readonly probes: ProbeRunOptions;
  /** The user's declaration of what is served, in words; null without one. */
  readonly revision: string | null;
  /** The user's declaration of what is served, opened as a hub lists it. */
  readonly listed?: ListedModel | null;
  readonly shard?: Shard | null | undefined;
  readonly onProgress?: MeasureOptions['onProgress'];
}

/**
 * Measure a model that a server runs, without its weights: its answers alone, or a shard's share of them. Its identity
 * rests on what the server says, on a declared revision or checkpoint on a hub, and on its answers to fixed prompts.
 * @throws UserError for a server that cannot answer; one that contradicts itself is part of the measurement
 */
export async function measureServed(options: MeasureServedOptions): Promise<Measurement> {
  const started = new Date();
  const { endpoint, probes, revision, listed = null, shard = null, onProgress } = options;
  const source = servedSource(endpoint, listed?.tokens ?? [], probes);
  const { result, run } = await tryProbes(source, probes, { shard, onProgress, canFail: false });
  const said = { ...describeServer(endpoint, run), revision };
  const served = listed ? { ...said, hub: listed.hub } : said;
  return measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: { digest: servedDigest(served), format: 'served', dtypes: {}, tensors: 0, parameters: 0 },
    served,
    ...WITHOUT_WEIGHTS,
    ...(listed ? { architecture: listed.architecture } : {}),
    device: 'endpoint',
    unread: listed?.unread,
    behavior: listed?.behavior ?? null,
    probes: result,
    shard: shard && { ...shard, spectra: null, probes: run?.share ?? null, adapter: null },
    run: {
      ...machineRecord(started),
      checkpoint: listed ? `${listed.name} as ${nameOfServed(endpoint)}` : nameOfServed(endpoint),
      reference: null,
      deviceReason: run?.by ?? '',
      probes: probesRecord(run),
    },
  });
}

/** A served model as a report names it, without what can be secret. */
export function nameOfServed({ endpoint, model }: Pick<Endpoint, 'endpoint' | 'model'>): string {
  return `${model} at ${remoteAddress(endpoint).shown}`;
}

/** A server's description of itself; only the model's name if it contradicted itself. */
export function describeServer({ model }: Endpoint, run: ProbeRun | null): Omit<Served, 'revision'> {
  if (!run?.served) {
    return { model, root: null, parent: null, contextLength: null, version: null, fingerprint: null };
  }
  // The same model can be served at another address tomorrow.
  const { address: _, ...identity } = run.served;
  return identity;
}

/**
 * A server is always examined. With a budget, kept answers are not used: they take no time, which would distort it.
 * @param brought tokenizer of a checkpoint on a hub; one that is given takes precedence
 */
export function servedSource(
  endpoint: Endpoint,
  brought: readonly TokenPlace[],
  { budgetSeconds }: ProbeRunOptions,
): ModelSource {
  const answers = budgetSeconds === null ? endpoint.answers : undefined;
  const tokens = brought.find(({ path }) => existsSync(join(path, 'tokenizer.json')));
  return { kind: 'endpoint', ...endpoint, tokens, answers, isExamined: true };
}
