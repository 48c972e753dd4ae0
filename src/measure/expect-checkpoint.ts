import { digestCheckpoint, openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { describeFiles, digestFiles } from './behavior/behavior-files.ts';
import { digestOwnFiles } from './behavior/digest-own-files.ts';
import { openListedModel } from './listed.ts';
import type { Measurement } from './schema/measurement.ts';

/** The checkpoint at a path, in the words of a measurement of it. */
interface Found {
  readonly digest: string;
  /** Digest of the files that decide how it is used; null of an adapter on a hub without its base model. */
  readonly files: string | null;
  /** Digest of the bytes of its own files; undefined on a hub. */
  readonly own?: string;
}

/**
 * Make sure that a measurement from elsewhere is of the checkpoint at a path, and of the files next to its weights.
 * Reads all bytes of one on this machine; of one on a hub, only the hub's listing.
 * @param reference path of the base model, for an adapter
 * @throws UserError that says what differs
 */
export async function expectCheckpoint(
  measurement: Measurement,
  { path, reference }: { readonly path: string; readonly reference: string | undefined },
): Promise<void> {
  const { served, run, checkpoint, behavior, behaviorFiles } = measurement;
  const isHub = isHubPath(path);
  const { digest, files, own = behaviorFiles } = isHub ? await listed(path, reference) : await read(path, reference);
  const measured = isHub ? (served?.hub ?? run.hub)?.listing : checkpoint.digest;
  if (digest !== measured) {
    throw refused(`of another checkpoint than ${path}: ${measured ?? 'none on a hub'} was measured, not ${digest}`);
  }
  if (own !== behaviorFiles || (files !== null && files !== (behavior && digestFiles(behavior.files)))) {
    throw refused(`of ${path} with another tokenizer, template, sampling or code next to the weights`);
  }
}

async function listed(path: string, reference: string | undefined): Promise<Found> {
  const isListed = reference !== undefined && isHubPath(reference);
  const { hub, behavior } = await openListedModel(path, isListed ? reference : undefined);
  return { digest: hub.listing, files: behavior && digestFiles(behavior.files) };
}

async function read(path: string, reference: string | undefined): Promise<Found> {
  const checkpoint = await openCheckpoint(path);
  const isAdapter = checkpoint.format === 'lora' && reference !== undefined;
  const base = isAdapter ? await openReference(reference) : null;
  const digest = await digestCheckpoint(checkpoint);
  const own = await digestOwnFiles(checkpoint);
  return { digest, files: digestFiles(await describeFiles(checkpoint, base)), own };
}

function refused(what: string): UserError {
  return new UserError(
    `the shards are ${what}`,
    'give all jobs the same checkpoint and the same commit, and find out which job uploaded the shards',
  );
}
