import { isHubPath, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { remoteAddress } from '@shadow-gate/language-model/remote';
import { UserError } from '@shadow-gate/platform';
import type { Half } from '../../measure/options.ts';
import { printable } from '../../report/escape.ts';
import { lastOf, type Search } from './find-checkpoints.ts';
import { pathIn } from './git.ts';
import {
  type DescribedModel,
  describeCheckpoint,
  examineProbing,
  isOnHub,
  type OpenedPair,
  openPair,
  type Probing,
  summarizeModel,
} from './model.ts';
import type { InitOptions } from './options.ts';
import { isPrivateAddress, type Placement, placeCheckpoint } from './place.ts';
import type { InitQuestions } from './questions.ts';
import { chooseRoles, type Roles } from './roles.ts';
import type { Say } from './say.ts';

/** What the gate is set up for. */
export interface Subject {
  readonly placement: Placement;
  /** Null: at a server. */
  readonly stored: { readonly roles: Roles; readonly pair: OpenedPair; readonly described: DescribedModel } | null;
  readonly probing: Probing | null;
  readonly only: Half | null;
  readonly usesHub: boolean;
  /** The options of a command line that name it. */
  readonly options: ReadonlyArray<readonly [option: string, value: string]>;
  /** The line of the file that names the candidate on a hub or a server; null for a path. */
  readonly candidateLine: string | null;
}

interface StoredContext {
  readonly root: string;
  readonly questions: InitQuestions;
  readonly search: Search;
  readonly say: Say;
}

/** A checkpoint of this machine or of a hub. */
export async function storedSubject(
  options: InitOptions,
  { root, questions, search, say }: StoredContext,
): Promise<Subject> {
  if (options.model !== undefined || options.tokenizer !== undefined) {
    throw new UserError('--model and --tokenizer are about a server', 'add --endpoint, or leave them out');
  }
  if (options.checkpoint === undefined && search.checkpoints.length === 1) {
    say(`One checkpoint is in this folder: ${printable(search.checkpoints[0]?.path ?? '')}`);
  }
  const roles = await chooseRoles(options, { root, search, questions });
  const { checkpoint, reference } = roles;
  const named = search.checkpoints.find(({ path }) => path === checkpoint)?.base ?? null;
  if (
    named !== null &&
    reference !== undefined &&
    options.reference === undefined &&
    lastOf(reference) !== lastOf(named)
  ) {
    say(
      `▲ ${printable(checkpoint)} names ${printable(named)} as its base model, and ${printable(reference)} is taken for it: give --reference if it is another one`,
    );
  }
  const pair = await openPair(checkpoint, reference);
  const described = await describeCheckpoint(pair.checkpoint);
  say(`✔ checkpoint ${printable(checkpoint)}: ${summarizeModel(described)}`);
  if (reference !== undefined && pair.reference) {
    say(`✔ reference ${printable(reference)}: ${summarizeModel(await describeCheckpoint(pair.reference))}`);
  }
  const placement = await placeCheckpoint(root, { checkpoint, reference, described });
  for (const { text, fix } of placement.warnings) say(`▲ ${printable(text)}: ${printable(fix)}`);
  const probing = options.only === 'spectra' ? null : await examineProbing(pair);
  const only = await chooseHalf(options.only, probing, questions, say);
  const commit = placement.source.kind === 'hub' ? parseHubPath(described.name) : null;
  return {
    placement,
    stored: { roles, pair, described },
    probing,
    only,
    usesHub: [checkpoint, reference].some(isOnHub),
    options: [
      ['--checkpoint', checkpoint],
      ...(reference === undefined ? [] : [['--reference', reference] as const]),
      ...(only === null ? [] : [['--only', only] as const]),
    ],
    candidateLine: commit && `${commit.repository} ${commit.revision}`,
  };
}

/** A model that cannot be asked is judged by half a gate, which somebody has to want. */
async function chooseHalf(
  given: Half | undefined,
  probing: Probing | null,
  questions: InitQuestions,
  say: Say,
): Promise<Half | null> {
  if (probing === null || probing.kind === 'possible') {
    if (probing) say('✔ the probes can run it on this machine');
    return given ?? null;
  }
  const problem = `the probes cannot run it: ${probing.problem}`;
  const refused = new UserError(problem, `${probing.hint}; or give --only spectra, which judges the weights alone`);
  if (given === 'probes') throw refused;
  say(`✘ ${printable(problem)} — ${printable(probing.hint)}`);
  if (await questions.confirm('Judge it by its spectra alone, without probes?', false)) return 'spectra';
  throw refused;
}

/** A model at a server, by its answers alone. */
export function servedSubject(
  options: InitOptions,
  { endpoint, root, say }: { readonly endpoint: string; readonly root: string; readonly say: Say },
): Subject {
  const { model, tokenizer, checkpoint, reference, baseline, only } = options;
  if (model === undefined) throw new UserError('--endpoint needs --model', "give the server's name for the model");
  if ([checkpoint, reference, baseline].some((path) => path !== undefined) || only === 'spectra') {
    throw new UserError(
      '--endpoint sets a gate up that judges a model by its answers alone',
      'leave out --checkpoint, --reference, --baseline and --only; with weights see examples/workflows/server.yml',
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/.test(model)) {
    throw new UserError(
      `the model name ${JSON.stringify(model)} cannot stand in candidate.txt`,
      'serve it under a name of letters, digits and ._:/-',
    );
  }
  const { shown } = remoteAddress(endpoint);
  say(`✔ server ${printable(shown)}: model ${printable(model)}, judged by its answers alone`);
  if (new URL(endpoint).search !== '') {
    say('▲ what follows ? in the address can be secret, and is written nowhere: give it to the workflow as a secret');
  }
  const place = tokenizer === undefined ? null : isHubPath(tokenizer) ? tokenizer : pathIn(root, tokenizer);
  if (tokenizer !== undefined && place === null) {
    say(`▲ ${printable(tokenizer)} is outside of this folder: the runner has to have it at the same path`);
  }
  const isPrivate = isPrivateAddress(shown);
  if (isPrivate)
    say('▲ only machines in the same network reach this address: the workflow is for a runner of your own');
  const source = { kind: 'server', endpoint: shown, tokenizer: place ?? tokenizer ?? null, isPrivate } as const;
  return {
    placement: { source, reference: null, warnings: [] },
    stored: null,
    probing: null,
    only: null,
    usesHub: false,
    options: [
      ['--endpoint', shown],
      ['--model', model],
      ...(tokenizer === undefined ? [] : [['--tokenizer', tokenizer] as const]),
    ],
    candidateLine: model,
  };
}
