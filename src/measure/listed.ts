import { type ListedCheckpoint, openListed } from '@shadow-gate/checkpoints';
import { foreignNamesAmong } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import type { TokenPlace } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import { describeFiles } from './behavior/behavior-files.ts';
import { modelArchitecture } from './open-measured.ts';
import type { Behavior } from './schema/behavior.ts';
import type { Listed, Measurement, Served } from './schema/measurement.ts';

/** A model of which no byte of weights was read: the checkpoint that it is declared to be. */
export interface ListedModel extends Pick<Measurement, 'architecture' | 'unread'> {
  /** With its commit. */
  readonly name: string;
  readonly hub: NonNullable<Served['hub']>;
  /** Null of an adapter whose base model was not given. */
  readonly behavior: Behavior | null;
  /** Places of the tokenizer, the first one first. */
  readonly tokens: readonly TokenPlace[];
}

/**
 * Open the checkpoint on a hub that a server is declared to run; for an adapter, with its base model.
 * @throws UserError for a checkpoint that a hub does not list completely, and for a base model on this machine
 */
export async function openListedModel(checkpoint: string, reference: string | undefined): Promise<ListedModel> {
  if (reference !== undefined && !isHubPath(reference)) {
    throw new UserError(
      `the reference ${reference} is on this machine, and of ${checkpoint} only the hub's listing is read`,
      'leave it out, or give it as hf://org/model too',
    );
  }
  const listed = await openListed(checkpoint);
  const base = reference === undefined ? null : await openListed(reference);
  if (base?.format === 'lora') {
    throw new UserError(`${reference} is an adapter, not full weights`, 'give its base model as reference');
  }
  const isAdapter = listed.format === 'lora';
  const unread = foreignNamesAmong(listed.names).map(({ name, format: { what, runsCode = false } }) => ({
    name,
    what,
    runsCode,
  }));
  return {
    name: listed.name,
    hub: { ...named(listed), base: isAdapter && base ? named(base) : null },
    architecture: modelArchitecture(listed, base),
    behavior: isAdapter && base === null ? null : { files: await describeFiles(listed, base), logitScale: null },
    ...(unread.length === 0 ? {} : { unread }),
    tokens: [listed, ...(base && isAdapter ? [base] : [])],
  };
}

function named({ name, listing }: ListedCheckpoint): Listed {
  return { checkpoint: name, listing };
}
