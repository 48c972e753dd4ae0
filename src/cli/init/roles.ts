import { UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import { BASE_NAME, baseAsPath, type FoundCheckpoint, foundAt } from '../find-checkpoints.ts';
import type { InitQuestions } from './questions.ts';

interface Roles {
  /** Pull requests change it. */
  readonly checkpoint: string;
  readonly reference: string | undefined;
}

interface Finding {
  readonly root: string;
  readonly found: readonly FoundCheckpoint[];
  readonly questions: InitQuestions;
}

const NONE = 'none';

/**
 * The checkpoints that were given, or answered from what was found.
 * @throws UserError if there is no checkpoint, or an adapter without its base model
 */
export async function chooseRoles(
  given: { readonly [role in 'checkpoint' | 'reference' | 'baseline']?: string | undefined },
  { root, found, questions }: Finding,
): Promise<Roles> {
  const free = found.filter(({ path }) => path !== given.reference && path !== given.baseline);
  const checkpoint = given.checkpoint ?? (await chooseCheckpoint(free, questions));
  const own = found.find(({ path }) => path === checkpoint) ?? (await foundAt(root, checkpoint));
  const others = found.filter(({ path }) => path !== checkpoint);
  const reference = given.reference ?? (await askReference(own, { root, found: others, questions }));
  return { checkpoint, reference: reference === NONE ? undefined : reference };
}

/** Names of models that pull requests do not change. */
const OTHER_ROLE = new RegExp(
  `${BASE_NAME.source}|(?:^|[/_.-])(?:approved|baseline|prod(?:uction)?|released?)(?:$|[/_.-])`,
  'i',
);

async function chooseCheckpoint(found: readonly FoundCheckpoint[], questions: InitQuestions): Promise<string> {
  const own = found.filter(({ path }) => !OTHER_ROLE.test(path));
  const fallback =
    own.find(({ path }) => /candidate/i.test(path)) ??
    // The last step of a training run.
    own.findLast(({ kind }) => kind === 'adapter') ??
    own.at(-1) ??
    found.at(-1);
  if (!fallback) {
    throw new UserError(
      'no checkpoint was found here, up to four levels deep: no folder has model.safetensors, model.safetensors.index.json, adapter_model.safetensors, adapters.safetensors, or one .gguf or .onnx file',
      'name it with --checkpoint PATH or --checkpoint hf://org/model, or a server with --endpoint URL --model NAME',
    );
  }
  if (found.length === 1) return fallback.path;
  const paths = found.map(({ path }) => printable(path)).join(', ');
  return questions.text(`Which one will pull requests change, of ${paths}?`, fallback.path);
}

async function askReference(own: FoundCheckpoint, { root, found, questions }: Finding): Promise<string> {
  const isAdapter = own.kind === 'adapter';
  const bases = found.filter(({ kind, path }) => kind === 'full' && BASE_NAME.test(path));
  const suggested =
    (isAdapter ? baseAsPath(own, { root, others: found }) : null) ?? (bases.length === 1 ? bases[0]?.path : null);
  const answer = await questions.text('What was it trained from? A path, hf://org/model, or none', suggested ?? NONE);
  if (answer !== NONE || !isAdapter) return answer;
  throw new UserError(
    `${own.path} is an adapter, which runs only with its base model, and that was not found`,
    'name it with --reference PATH or --reference hf://org/model',
  );
}
