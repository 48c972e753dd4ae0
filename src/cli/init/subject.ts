import { checkpointName } from '@shadow-gate/checkpoints';
import { isHubPath, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { examineModel } from '@shadow-gate/language-model';
import { remoteAddress } from '@shadow-gate/language-model/remote';
import { given, UserError } from '@shadow-gate/platform';
import type { Half } from '../../measure/options.ts';
import { printable } from '../../report/escape.ts';
import { findCheckpoints } from '../find-checkpoints.ts';
import type { DeviceOptions } from '../options.ts';
import { pathIn } from './git.ts';
import { type OpenedPair, openPair, summarizeModel, weightSizes } from './model.ts';
import { isPrivateAddress, placeCheckpoint, placeInRepository } from './place.ts';
import type { InitQuestions } from './questions.ts';
import { chooseRoles } from './roles.ts';
import type { Say } from './say.ts';
import type { CandidateSource } from './workflow-text.ts';

export interface InitOptions extends DeviceOptions {
  checkpoint?: string;
  reference?: string;
  baseline?: string;
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  only?: Half;
  /** In seconds. */
  budget?: number;
  action: string;
  yes?: boolean;
}

export interface Subject {
  readonly source: CandidateSource;
  /** As a runner finds it; null for none. */
  readonly reference: string | null;
  /** The options of a command line that name the model. */
  readonly options: Readonly<
    Pick<InitOptions, 'checkpoint' | 'reference' | 'only' | 'endpoint' | 'model' | 'tokenizer'>
  >;
  readonly hasChatTemplate: boolean;
  readonly usesHub: boolean;
  /** The line of CANDIDATE_FILE; null for a path. */
  readonly candidateLine: string | null;
}

interface SubjectContext {
  readonly root: string;
  readonly questions: InitQuestions;
  readonly say: Say;
}

export async function storedSubject(options: InitOptions, { root, questions, say }: SubjectContext): Promise<Subject> {
  const { model, tokenizer, only } = options;
  if (model !== undefined || tokenizer !== undefined) {
    throw new UserError('--model and --tokenizer are about a server', 'add --endpoint, or leave them out');
  }
  const found = await findCheckpoints(root);
  const { checkpoint, reference } = await chooseRoles(options, { root, found, questions });
  const pair = await openPair(checkpoint, reference);
  say(`✔ checkpoint ${printable(checkpoint)}: ${await summarizeModel(pair.checkpoint)}`);
  if (pair.reference) say(`✔ reference ${printable(reference ?? '')}: ${await summarizeModel(pair.reference)}`);
  const largestFile = Math.max(0, ...(await weightSizes(pair.checkpoint)));
  const source = await placeCheckpoint(root, { checkpoint, largestFile, say });
  const isLocalReference = reference !== undefined && !isHubPath(reference);
  const commit = source.kind === 'hub' ? parseHubPath(checkpointName(pair.checkpoint)) : null;
  return {
    source,
    reference: isLocalReference ? await placeInRepository(root, reference, say) : (reference ?? null),
    options: given({ checkpoint, reference, only }),
    hasChatTemplate: only !== 'spectra' && (await canBeAsked(pair)).hasChatTemplate,
    usesHub: [checkpoint, reference].some((path) => path !== undefined && isHubPath(path)),
    candidateLine: commit && `${commit.repository} ${commit.revision}`,
  };
}

/** @throws UserError for a model that the probes cannot run: half a gate has to be asked for */
async function canBeAsked(pair: OpenedPair) {
  return examineModel(pair).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const hint = `${error.hint}; or give --only spectra, which judges the weights alone`;
    throw new UserError(`the probes cannot run it: ${error.problem}`, hint);
  });
}

/** A model at a server. @throws UserError for options about weights */
export function servedSubject(
  { model, tokenizer, checkpoint, reference, baseline, only }: InitOptions,
  { endpoint, root, say }: { readonly endpoint: string; readonly root: string; readonly say: Say },
): Subject {
  if (model === undefined) throw new UserError('--endpoint needs --model', "give the server's name for the model");
  if ((checkpoint ?? reference ?? baseline) !== undefined || only === 'spectra') {
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
  const isPrivate = isPrivateAddress(shown);
  if (isPrivate) {
    say('▲ only machines in the same network reach this address: the workflow is for a runner of your own');
  }
  const place = tokenizer === undefined || isHubPath(tokenizer) ? tokenizer : pathIn(root, tokenizer);
  if (place === null) {
    say(`▲ ${printable(tokenizer ?? '')} is outside of this folder: the runner has to have it at the same path`);
  }
  return {
    source: { kind: 'server', endpoint: shown, tokenizer: place ?? tokenizer ?? null, isPrivate },
    reference: null,
    options: given({ endpoint: shown, model, tokenizer }),
    hasChatTemplate: false,
    usesHub: false,
    candidateLine: model,
  };
}
