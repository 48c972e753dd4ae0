import { UserError } from '@shadow-gate/platform';
import {
  APPROVED_NAME,
  BASE_NAME,
  baseAsPath,
  type FoundCheckpoint,
  foundAt,
  type Search,
} from './find-checkpoints.ts';
import { isOnHub } from './model.ts';
import type { InitQuestions } from './questions.ts';

/** Which checkpoint is which. */
export interface Roles {
  /** What pull requests change. */
  readonly checkpoint: string;
  /** What it was trained from; undefined for nothing. */
  readonly reference: string | undefined;
  /** What is measured as the first baseline: the checkpoint as it is now, or another one; or a measurement. */
  readonly approved: string;
}

interface GivenRoles {
  readonly checkpoint?: string;
  readonly reference?: string;
  readonly baseline?: string;
}

/** Stands for no reference in an answer. */
const NONE = 'none';

/**
 * What was found, in the roles that were given or are answered. Names suggest the defaults.
 * @throws UserError if there is no checkpoint
 */
export async function chooseRoles(
  given: GivenRoles,
  { root, search, questions }: { readonly root: string; readonly search: Search; readonly questions: InitQuestions },
): Promise<Roles> {
  const { checkpoints } = search;
  const checkpoint = given.checkpoint ?? (await chooseCheckpoint(search, given, questions));
  const own = checkpoints.find(({ path }) => path === checkpoint) ?? (await foundAt(root, checkpoint));
  const others = checkpoints.filter(({ path }) => path !== checkpoint);
  const reference = given.reference ?? (await askReference(own, { root, others, questions }));
  const rest = others.filter(({ path, kind }) => path !== reference && kind === own.kind);
  const approved = given.baseline ?? (await chooseApproved(checkpoint, rest, questions));
  return { checkpoint, reference: reference === NONE ? undefined : reference, approved };
}

async function chooseCheckpoint(search: Search, { reference, baseline }: GivenRoles, questions: InitQuestions) {
  const free = search.checkpoints.filter(({ path }) => path !== reference && path !== baseline);
  const [first] = free;
  if (!first) throw nothingFound(search);
  const fallback = defaultCheckpoint(free);
  if (free.length === 1) return first.path;
  const paths = free.map(({ path }) => path);
  const chosen = await questions.choose('Which one will pull requests change?', paths, fallback);
  return paths[chosen] ?? first.path;
}

/** A base model or an approved one is not what is changed, unless there is nothing else. */
function defaultCheckpoint(found: readonly FoundCheckpoint[]): number {
  const tests: ReadonlyArray<(one: FoundCheckpoint) => boolean> = [
    ({ path }) => /candidate/i.test(path),
    ({ kind, path }) => kind === 'adapter' && !APPROVED_NAME.test(path),
    ({ path }) => !BASE_NAME.test(path) && !APPROVED_NAME.test(path),
    ({ path }) => !BASE_NAME.test(path),
  ];
  const first = tests.map((test) => found.findIndex(test)).find((index) => index >= 0) ?? 0;
  const path = found[first]?.path ?? '';
  const run = path.replace(/\d+$/, '');
  // The last step of a training run: its steps are in the order of their numbers.
  return run === path ? first : found.findLastIndex((other) => other.path.replace(/\d+$/, '') === run);
}

function nothingFound({ folders, isComplete }: Search): UserError {
  const where = `${folders} ${folders === 1 ? 'folder' : 'folders'}${isComplete ? '' : ' (there are more)'}`;
  return new UserError(
    `no checkpoint was found in ${where}, up to four levels deep: none has model.safetensors, model.safetensors.index.json, adapter_model.safetensors, adapters.safetensors, or one .gguf or .onnx file`,
    'name it with --checkpoint PATH or --checkpoint hf://org/model, or a server with --endpoint URL --model NAME',
  );
}

/** What somebody chooses between. */
const WITHOUT =
  'With a reference, the gate measures the training update ΔW: how large and how concentrated it is. With none it measures the weights alone, where only accidents show (spikes, NaN, lost rank), and no calibration can be made. The probes are the same. To add a reference later, measure the baseline again.';

async function askReference(
  own: FoundCheckpoint,
  {
    root,
    others,
    questions,
  }: { readonly root: string; readonly others: readonly FoundCheckpoint[]; readonly questions: InitQuestions },
): Promise<string> {
  const bases = others.filter(({ kind, path }) => kind === 'full' && BASE_NAME.test(path));
  const named = own.kind === 'adapter' ? baseAsPath(own, { root, others }) : null;
  const suggested = named ?? (bases.length === 1 ? bases[0]?.path : undefined);
  const question = 'What was it trained from? A path, hf://org/model, or none';
  // An adapter is nothing without its base.
  const answer = await questions.text(question, suggested ?? NONE, own.kind === 'adapter' ? undefined : WITHOUT);
  if (answer !== NONE || own.kind !== 'adapter') return answer;
  throw new UserError(
    `${own.path} is an adapter, which runs only with its base model, and that was not found`,
    'name it with --reference PATH or --reference hf://org/model',
  );
}

async function chooseApproved(checkpoint: string, others: readonly FoundCheckpoint[], questions: InitQuestions) {
  if (others.length === 0 || isOnHub(checkpoint)) return checkpoint;
  const paths = [checkpoint, ...others.map(({ path }) => path)];
  const labels = paths.map((path, i) => (i === 0 ? `${path}, as it is now` : path));
  const fallback = Math.max(
    0,
    paths.findIndex((path, i) => i > 0 && APPROVED_NAME.test(path)),
  );
  const chosen = await questions.choose('Which one is approved today, to be the first baseline?', labels, fallback);
  return paths[chosen] ?? checkpoint;
}
