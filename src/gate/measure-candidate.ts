import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import {
  type ListedModel,
  type MeasuredModel,
  measure,
  measureServed,
  type OpenCheckpoint,
  openingOnce,
  openListedModel,
  openMeasured,
  openMeasuredAdapter,
  openMeasuredReference,
} from '../measure/index.ts';
import type { Endpoint, MeasureOptions } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/index.ts';

export interface NamedModel {
  /** Path. Without one, an endpoint has the candidate, and only its behavior is measured. */
  readonly checkpoint?: string | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** Declared for an endpoint without a checkpoint. */
  readonly revision?: string | undefined;
  /** Path of the weights before training: also measure ΔW. */
  readonly reference?: string | undefined;
  /** Path of the adapter that was merged into the reference: also prove that merge. */
  readonly adapter?: string | undefined;
}

/** A model to measure, opened: with its weights, or what a server has without them. */
export type Candidate =
  | ({ readonly kind: 'weights' } & MeasuredModel)
  | {
      readonly kind: 'served';
      readonly endpoint: Endpoint;
      readonly revision: string | null;
      readonly listed: ListedModel | null;
    };

/** A candidate's reference and adapter, opened if their weights are read. */
export interface Origins extends Pick<MeasuredModel, 'reference' | 'adapter'> {
  readonly referencePath: string | undefined;
  /** Opens the models that were made from it: one can be the reference itself. */
  readonly open: OpenCheckpoint;
}

type Asked = Pick<MeasureOptions, 'spectra' | 'probes'>;

/** @throws UserError for a reference or an adapter that cannot be used */
export async function openOrigins(
  { reference: referencePath, adapter: adapterPath, ...named }: NamedModel,
  { spectra }: Asked,
): Promise<Origins> {
  const open = openingOnce();
  const isRead = adapterPath !== undefined || listedPath({ ...named, spectra }) === null;
  const reference = isRead ? await openMeasuredReference(referencePath, open) : null;
  return { reference, referencePath, adapter: await openMeasuredAdapter(adapterPath, reference, open), open };
}

/** The path if no weights are read: a server answers, there are no spectra and no merge, and a hub lists the files. */
function listedPath({
  checkpoint,
  endpoint,
  spectra,
  adapter,
}: Pick<NamedModel, 'checkpoint' | 'endpoint'> & Asked & Pick<MeasuredModel, 'adapter'>): string | null {
  if (checkpoint === undefined || !isHubPath(checkpoint)) return null;
  return endpoint && spectra === false && !adapter ? checkpoint : null;
}

/** @throws UserError for a model that cannot be measured, and for options that exclude each other */
export async function openCandidate(
  { checkpoint, endpoint, revision }: Pick<NamedModel, 'checkpoint' | 'endpoint' | 'revision'>,
  { referencePath, open, reference, adapter }: Origins,
  { spectra, probes }: Asked,
): Promise<Candidate> {
  if (checkpoint !== undefined && revision !== undefined) {
    throw new UserError(
      'a revision is declared for a checkpoint, which itself says what it is',
      'leave it out (on a hub, the checkpoint is hf://org/model@revision), or leave out the checkpoint',
    );
  }
  const path = listedPath({ checkpoint, endpoint, spectra, adapter });
  if (checkpoint !== undefined && path === null) {
    const model = await openMeasured({ checkpoint, endpoint, spectra, reference, adapter }, open);
    return { kind: 'weights', ...model };
  }
  if (!endpoint) throw new UserError('the checkpoint is missing', 'give one, or an endpoint that serves it');
  if (path === null && (reference || adapter)) {
    throw new UserError(
      'a reference and an adapter need a checkpoint, and none is given',
      'give one, or leave them out',
    );
  }
  expectRequested(probes);
  const listed = path === null ? null : await openListedModel(path, referencePath);
  return { kind: 'served', endpoint, revision: revision ?? null, listed };
}

function expectRequested(probes: MeasureOptions['probes']): NonNullable<typeof probes> {
  if (probes) return probes;
  throw new UserError('without a checkpoint there are only probes, and none were requested', 'request some');
}

/** @throws UserError for anything that the user can fix */
export async function measureCandidate(candidate: Candidate, options: MeasureOptions): Promise<Measurement> {
  if (candidate.kind === 'weights') return measure(candidate, options);
  const { endpoint, revision, listed } = candidate;
  const { shard, onProgress } = options;
  return measureServed({ endpoint, probes: expectRequested(options.probes), revision, listed, shard, onProgress });
}
