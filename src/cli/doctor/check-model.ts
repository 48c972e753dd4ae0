import type { Checkpoint } from '@shadow-gate/checkpoints';
import { type FullCheckpoint, folderOfWeights } from '@shadow-gate/checkpoints/formats';
import { HubRepository, hubSettings, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { expectModelMemory, openModelTokenizer } from '@shadow-gate/language-model';
import { identifyServer, RemoteServer } from '@shadow-gate/language-model/remote';
import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { PROBE_DATE } from '@shadow-gate/probes';
import type { Suite } from '@shadow-gate/probes/suite';
import { expectTime } from '../init/expected-time.ts';
import { pointersIn } from '../init/git.ts';
import { describeCheckpoint, isOnHub, type OpenedPair, summarizeModel } from '../init/model.ts';
import { placeCheckpoint } from '../init/place.ts';
import { formatRoughTime } from '../init/sizes.ts';
import { type DoctorCheck, type DoctorFinding, ok, problem, shared, warning } from './diagnosis.ts';
import type { DoctorSettings } from './settings.ts';

interface DoctorContext {
  readonly root: string;
  readonly settings: DoctorSettings;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Throws where it cannot be opened; null without one. */
  readonly checkpoint: () => Promise<Checkpoint | null>;
  readonly reference: () => Promise<FullCheckpoint | null>;
  /** Throws where one of them cannot be opened; null without a checkpoint. */
  readonly pair: () => Promise<OpenedPair | null>;
  readonly suites: () => Promise<readonly Suite[]>;
  /** Whether the policy, or a suite of it, wants prompts as messages of a chat. */
  readonly usesChat: () => Promise<boolean>;
}

/** The model: can it be opened, understood, asked, and in what time? */
export function modelChecks(context: DoctorContext): DoctorCheck[] {
  const { settings, pair } = context;
  const isRun = settings.endpoint === null && settings.only !== 'spectra';
  const tokenizer = shared(async () => {
    const opened = await pair().catch(() => null);
    return opened && openModelTokenizer(opened);
  });
  const withPair = (work: (opened: OpenedPair) => Promise<DoctorFinding | null>) => async () => {
    // Why it cannot be opened is said once.
    const opened = await pair().catch(() => null);
    return opened && work(opened);
  };
  return [
    { name: 'checkpoint', run: () => checkCheckpoint(context) },
    { name: 'reference', run: () => checkReference(context) },
    { name: 'git-lfs', run: () => checkLfs(context) },
    { name: 'place', run: withPair((opened) => checkPlace(context, opened)) },
    { name: 'hub', run: () => checkHub(context) },
    { name: 'server', run: () => checkServer(context) },
    ...(isRun
      ? [
          { name: 'architecture', run: withPair(checkArchitecture) },
          { name: 'tokenizer', run: () => checkTokenizer(tokenizer) },
          { name: 'chat-template', run: () => checkChatTemplate(tokenizer, context) },
        ]
      : []),
    { name: 'time', run: withPair((opened) => checkTime(context, opened)) },
  ];
}

async function checkCheckpoint({ settings, checkpoint }: DoctorContext): Promise<DoctorFinding | null> {
  const { checkpoint: path, origin, endpoint } = settings;
  if (path === null) {
    if (endpoint !== null) return null;
    return problem('no checkpoint was found', 'name it with --checkpoint, or a server with --endpoint and --model');
  }
  const opened = await checkpoint();
  if (!opened) return null;
  return ok(`${path}, ${origin}: ${summarizeModel(await describeCheckpoint(opened))}`);
}

async function checkReference({ settings, checkpoint, reference }: DoctorContext): Promise<DoctorFinding | null> {
  const base = await reference();
  if (base) return ok(`${settings.reference}: ${summarizeModel(await describeCheckpoint(base))}`);
  const opened = await checkpoint().catch(() => null);
  if (!opened) return null;
  if (opened.format === 'lora') {
    const what = `${settings.checkpoint} is an adapter, which runs only with its base model`;
    return problem(what, 'give that as --reference');
  }
  if (settings.only === 'probes') return null;
  return warning(
    'none: the training update is not measured, only the weights as they are',
    'give the weights that the checkpoint was trained from as --reference, if you have them',
  );
}

/** A tokenizer can be a pointer too. */
async function checkLfs({ settings }: DoctorContext): Promise<DoctorFinding | null> {
  const paths = [settings.checkpoint, settings.reference].filter((path): path is string => path !== null);
  const local = paths.filter((path) => !isOnHub(path));
  if (local.length === 0) return null;
  const found = (await Promise.all(local.map((path) => pointersIn(folderOfWeights(path))))).flat();
  const [first] = found;
  if (first === undefined) return ok('no file is a pointer');
  const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
  return problem(
    `${first}${more}: a pointer of Git LFS in place of the file`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}

/** Whether a runner would have it. */
async function checkPlace(
  { root, settings }: DoctorContext,
  { checkpoint }: OpenedPair,
): Promise<DoctorFinding | null> {
  const described = await describeCheckpoint(checkpoint);
  const paths = { checkpoint: settings.checkpoint ?? '', reference: settings.reference ?? undefined };
  const { warnings, source } = await placeCheckpoint(root, { ...paths, described });
  if (source.kind !== 'local') return null;
  const [first, ...others] = warnings;
  if (first === undefined) return ok('a runner finds it in the repository, once it is committed');
  const { text, fix } = first;
  return warning(
    [text, ...others.map((other) => other.text)].join('; '),
    [fix, ...others.map((other) => other.fix)].join('; '),
  );
}

/**
 * What is in the cache is read without the hub: its list of files is requested all the same. What could not be opened
 * has been named as a checkpoint or a reference.
 */
async function checkHub({ settings, env, checkpoint, reference }: DoctorContext): Promise<DoctorFinding | null> {
  const [own, base] = await Promise.all([checkpoint, reference].map((open) => open().catch(() => null)));
  const paths = [own && settings.checkpoint, base && settings.reference].filter((path) => path != null).filter(isOnHub);
  if (paths.length === 0) return null;
  const hub = hubSettings(env);
  for (const path of paths) {
    const repository = new HubRepository(path, parseHubPath(path), hub);
    await repository.list(await repository.commit());
  }
  const has = hub.token === null ? 'HF_TOKEN is not set, and not needed' : 'HF_TOKEN is set';
  return ok(`${new URL(hub.endpoint).host} lists ${paths.join(' and ')}; ${has}`);
}

/** No server that answers needs longer for a list of its models. */
const SERVER_TIMEOUT_MILLISECONDS = 10_000;

async function checkServer({ settings, env }: DoctorContext): Promise<DoctorFinding | null> {
  const { endpoint, model } = settings;
  if (endpoint === null) return null;
  if (model === null) return problem('--endpoint needs --model', "give the server's name for the model");
  const server = new RemoteServer({
    endpoint,
    apiKey: env.OPENAI_API_KEY,
    timeout: SERVER_TIMEOUT_MILLISECONDS,
    wait: async () => {},
  });
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

const MOST_NAMED = 5;

async function checkArchitecture(opened: OpenedPair): Promise<DoctorFinding> {
  await expectModelMemory(opened);
  const { modelType } = baseOf(opened).architecture;
  return ok(`${modelType ?? 'the model'} is understood, with every tensor`);
}

function baseOf({ checkpoint, reference }: OpenedPair): FullCheckpoint {
  if (checkpoint.format !== 'lora') return checkpoint;
  if (!reference) throw new Error('an adapter without its base model is refused before');
  return reference;
}

const TEXT = 'The capital of France is Paris.';

async function checkTokenizer(open: () => Promise<Tokenizer | null>): Promise<DoctorFinding | null> {
  const tokenizer = await open();
  if (!tokenizer) return null;
  const ids = tokenizer.encode(TEXT, { addSpecialTokens: false });
  const back = tokenizer.decode(ids, { skipSpecialTokens: true });
  if (back.trim() === TEXT) return ok(`a sentence is ${ids.length} tokens, and is read back`);
  return warning(
    `a sentence is read back as ${JSON.stringify(back)}`,
    'look whether it is the tokenizer of this model: probes with such words are left out or wrong',
  );
}

async function checkChatTemplate(
  open: () => Promise<Tokenizer | null>,
  { usesChat }: DoctorContext,
): Promise<DoctorFinding | null> {
  const tokenizer = await open().catch(() => null);
  if (!tokenizer) return null;
  try {
    const isUsed = await usesChat().catch(() => false);
    if (tokenizer.chatTemplate === null) {
      return isUsed
        ? problem(
            'there is none, and the policy wants one',
            'leave out chat-template in the policy, or add the template',
          )
        : ok('none, and none is used');
    }
    const messages = [{ role: 'user', content: TEXT }];
    tokenizer.renderChat(messages, { addGenerationPrompt: true, now: PROBE_DATE, where: 'a message' });
    return ok(
      isUsed ? 'it renders, and is used' : 'it renders; the probes do not use it (chat-template in the policy)',
    );
  } finally {
    await tokenizer.close?.();
  }
}

async function checkTime({ settings, suites }: DoctorContext, opened: OpenedPair): Promise<DoctorFinding | null> {
  const { only, endpoint } = settings;
  const asked = only === 'spectra' || endpoint !== null ? [] : await suites().catch(() => null);
  // Why the probes cannot be read is said at the policy.
  if (asked === null) return null;
  const { spectra, probes } = await expectTime(opened, { spectra: only !== 'probes', suites: asked });
  const parts = [
    ...(only === 'probes' ? [] : [`spectra ${formatRoughTime(spectra)}`]),
    ...(asked.length === 0 ? [] : [`probes ${formatRoughTime(probes)}`]),
    ...(endpoint === null ? [] : ['probes as long as the server needs']),
  ];
  const text = `${parts.join(', ')}, on the CPU of this machine as busy as it is now`;
  if (probes + spectra < LONG_SECONDS) return ok(text);
  return warning(
    text,
    'give --budget 10m, share the work (docs/reference/action.md, several machines), or use a server',
  );
}

const LONG_SECONDS = 3600;
