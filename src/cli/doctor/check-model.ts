import type { Checkpoint } from '@shadow-gate/checkpoints';
import { type FullCheckpoint, folderOfWeights } from '@shadow-gate/checkpoints/formats';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import { expectModelMemory, openModelTokenizer } from '@shadow-gate/language-model';
import { identifyServer, RemoteServer } from '@shadow-gate/language-model/remote';
import { pointersIn } from '../init/git.ts';
import { type OpenedPair, summarizeModel } from '../init/model.ts';
import { type DoctorChecks, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';
import type { DoctorSettings } from './settings.ts';

interface ModelContext {
  readonly settings: DoctorSettings;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Throws if it cannot be opened; null without one. */
  readonly checkpoint: () => Promise<Checkpoint | null>;
  readonly reference: () => Promise<FullCheckpoint | null>;
  /** Throws if one of them cannot be opened; null without a checkpoint. */
  readonly pair: () => Promise<OpenedPair | null>;
  /** Does the policy, or one of its suites, ask through a chat template? */
  readonly usesChat: () => Promise<boolean>;
}

export function modelChecks(context: ModelContext): DoctorChecks {
  const { settings, pair, usesChat } = context;
  const all = {
    checkpoint: () => checkCheckpoint(context),
    reference: () => checkReference(context),
    'git-lfs': () => checkLfs(settings),
    server: () => checkServer(context),
  };
  if (settings.endpoint !== undefined || settings.only === 'spectra') return all;
  // Why it cannot be opened is said once.
  const opened = () => pair().catch(() => null);
  return {
    ...all,
    architecture: async () => checkArchitecture(await opened()),
    tokenizer: async () => checkTokenizer(await opened(), usesChat),
  };
}

async function checkCheckpoint({ settings, checkpoint }: ModelContext): Promise<DoctorFinding | null> {
  const { checkpoint: path, origin, endpoint } = settings;
  if ((path ?? endpoint) === undefined) {
    return problem('no checkpoint was found', 'name it with --checkpoint, or a server with --endpoint and --model');
  }
  const opened = await checkpoint();
  return opened && ok(`${path}, ${origin}: ${await summarizeModel(opened)}`);
}

async function checkReference({ settings, checkpoint, reference }: ModelContext): Promise<DoctorFinding | null> {
  const base = await reference();
  if (base) return ok(`${settings.reference}: ${await summarizeModel(base)}`);
  const opened = await checkpoint().catch(() => null);
  if (opened?.format === 'lora') {
    const what = `${settings.checkpoint} is an adapter, which runs only with its base model`;
    return problem(what, 'give that as --reference');
  }
  if (!opened || settings.only === 'probes') return null;
  return warning(
    'none: the training update is not measured, only the weights as they are',
    'give the weights that the checkpoint was trained from as --reference, if you have them',
  );
}

/** A tokenizer can be a pointer too. */
async function checkLfs({ checkpoint, reference }: DoctorSettings): Promise<DoctorFinding | null> {
  const local = [checkpoint, reference].flatMap((path) => (path === undefined || isHubPath(path) ? [] : [path]));
  if (local.length === 0) return null;
  const [first, ...more] = (await Promise.all(local.map((path) => pointersIn(folderOfWeights(path))))).flat();
  if (first === undefined) return ok('no file is a pointer');
  return problem(
    `${first}${more.length > 0 ? ` and ${more.length} more` : ''}: a pointer of Git LFS in place of the file`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}

/** For a list of the server's models. */
const SERVER_TIMEOUT_MILLISECONDS = 10_000;
const MOST_NAMED = 5;

async function checkServer({ settings, env }: ModelContext): Promise<DoctorFinding | null> {
  const { endpoint, model } = settings;
  if (endpoint === undefined) return null;
  if (model === undefined) return problem('--endpoint needs --model', "give the server's name for the model");
  const timeout = SERVER_TIMEOUT_MILLISECONDS;
  const server = new RemoteServer({ endpoint, apiKey: env.OPENAI_API_KEY, timeout, wait: async () => {} });
  const { identity, models } = await identifyServer(server, model);
  const { address, version, contextLength } = identity;
  const facts = [
    ...(version === null ? [] : [`version ${version}`]),
    ...(contextLength === null ? [] : [`a context of ${contextLength} tokens`]),
  ];
  const answers = `${address} answers${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`;
  if (models.length === 0) return warning(`${answers}; it lists no models`, `make sure that it has ${model}`);
  if (models.includes(model)) return ok(`${answers}; it has ${model}`);
  return problem(`${answers}; it has no ${model}`, `give one of its names: ${models.slice(0, MOST_NAMED).join(', ')}`);
}

async function checkArchitecture(opened: OpenedPair | null): Promise<DoctorFinding | null> {
  if (!opened) return null;
  await expectModelMemory(opened);
  const { checkpoint, reference } = opened;
  const { modelType } = (checkpoint.format === 'lora' && reference ? reference : checkpoint).architecture;
  return ok(`${modelType ?? 'the model'} is understood, with every tensor`);
}

async function checkTokenizer(opened: OpenedPair | null, usesChat: () => Promise<boolean>) {
  if (!opened) return null;
  const tokenizer = await openModelTokenizer(opened);
  const has = tokenizer.chatTemplate !== null;
  await tokenizer.close?.();
  const uses = await usesChat().catch(() => false);
  if (uses && !has) {
    const fix = 'leave out chat-template in the policy, or add the template';
    return problem('it has no chat template, and the policy wants one', fix);
  }
  const template = has ? `a chat template, which the policy ${uses ? 'uses' : 'does not use'}` : 'no chat template';
  return ok(`it can be read, with ${template}`);
}
