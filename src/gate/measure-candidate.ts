import { isHubPath } from '../hub/hub-path.ts';
import { openListedModel } from '../measure/listed.ts';
import { measure, openMeasured, openMeasuredAdapter, openMeasuredReference } from '../measure/measure.ts';
import { measureServed } from '../measure/measure-served.ts';
import type { MeasureOptions } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import { UserError } from '../platform/user-error.ts';

/** How to measure a checkpoint, a model at a server, or both as one. */
export interface CandidateOptions extends Omit<MeasureOptions, 'checkpoint'> {
  /** Without one, an endpoint has the candidate, of which behavior alone is measured. */
  readonly checkpoint?: string | undefined;
  /** What is declared to be at the endpoint, without a checkpoint. */
  readonly revision?: string | undefined;
  /** As the user wrote it: of a checkpoint that a hub lists, it is not opened with its weights. */
  readonly referencePath?: string | undefined;
}

type Origins = Pick<CandidateOptions, 'reference' | 'referencePath' | 'adapter'>;

/**
 * Open what a candidate was made from, if its weights are read.
 * @throws UserError for a reference or an adapter that cannot be used
 */
export async function openOrigins(
  candidate: Pick<CandidateOptions, 'checkpoint' | 'endpoint' | 'spectra'>,
  paths: { readonly reference: string | undefined; readonly adapter: string | undefined },
): Promise<Origins> {
  const isRead = paths.adapter !== undefined || listedPath(candidate) === null;
  const reference = isRead ? await openMeasuredReference(paths.reference) : null;
  return { reference, referencePath: paths.reference, adapter: await openMeasuredAdapter(paths.adapter, reference) };
}

/**
 * The path of a checkpoint whose weights nobody needs: a server answers the probes, there are no spectra and no merge to prove,
 * and a hub lists what it is. Null for every other one.
 */
function listedPath({
  checkpoint,
  endpoint,
  spectra,
  adapter,
}: Pick<CandidateOptions, 'checkpoint' | 'endpoint' | 'spectra' | 'adapter'>): string | null {
  if (checkpoint === undefined || !isHubPath(checkpoint)) return null;
  return endpoint && spectra === false && !adapter ? checkpoint : null;
}

/** Find out what is wrong with a candidate before minutes are spent on something else. @throws UserError */
export async function openCandidate({ checkpoint, ...settings }: CandidateOptions): Promise<void> {
  if (checkpoint === undefined) return;
  const listed = listedPath({ checkpoint, ...settings });
  if (listed === null) await openMeasured({ ...settings, checkpoint });
  else await openListedModel({ checkpoint: listed, reference: settings.referencePath });
}

/**
 * Measure a checkpoint, or what an endpoint has without its weights.
 * @throws UserError if there is neither, or no probe to ask
 */
export async function measureCandidate(options: CandidateOptions): Promise<Measurement> {
  const { checkpoint, revision, referencePath, ...settings } = options;
  if (checkpoint !== undefined && revision !== undefined) {
    throw new UserError(
      'a revision is declared for a checkpoint, which itself says what it is',
      'leave it out (on a hub, the checkpoint is hf://org/model@revision), or leave out the checkpoint',
    );
  }
  const path = listedPath(options);
  if (checkpoint !== undefined && path === null) return measure({ ...settings, checkpoint });
  const { endpoint, probes, reference, adapter, shard, onProgress } = settings;
  if (!endpoint) throw new UserError('the checkpoint is missing', 'give one, or an endpoint that serves it');
  if (path === null && (reference || adapter)) {
    throw new UserError(
      'a reference and an adapter need a checkpoint, and none is given',
      'give one, or leave them out',
    );
  }
  if (!probes) {
    throw new UserError('without a checkpoint there are only probes, and none were requested', 'request some');
  }
  const listed = path === null ? null : { checkpoint: path, reference: referencePath };
  return measureServed({ endpoint, probes, revision: revision ?? null, listed, shard, onProgress });
}
