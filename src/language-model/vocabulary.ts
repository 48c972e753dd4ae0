import { UserError } from '../platform/user-error.ts';
import type { Engine } from './engine.ts';

/** @throws UserError naming the line of a request with a token that the model does not have */
export function expectKnown(
  tokens: readonly number[],
  { vocabulary }: Engine,
  { where }: { readonly where: string },
): void {
  if (vocabulary === undefined) return;
  const foreign = tokens.find((token) => token >= vocabulary);
  if (foreign === undefined) return;
  throw new UserError(
    `${where}: token ${foreign} is not in the model's vocabulary of ${vocabulary}`,
    'use the tokenizer that belongs to the checkpoint',
  );
}
