import { describeError, UserError } from '@shadow-gate/platform';
import type { Random } from '@shadow-gate/probes/random';
import { type Input, SECRET } from './input.ts';

/** Tries one reader of the product with inputs that are nearly right. */
export interface Fuzzer {
  readonly name: string;
  /** What the reader reads. */
  readonly about: string;
  /** A new input: the same for the same random numbers. */
  readonly make: (random: Random) => Input;
  /**
   * Give an input to the reader, as the product does, and check what must hold for what it accepts.
   * @param folder an empty folder of this run alone
   * @throws UserError for an input that is refused: what readers are for. Everything else is a finding
   */
  readonly run: (input: Input, folder: string) => unknown;
  /**
   * The product runs this in a process that it stops: here too, an input that takes long or all the memory is refused.
   * Whether the product does stop it is tested elsewhere (packages/language-model/test/tokens).
   */
  readonly isStopped?: boolean;
}

/** Something that must hold for every input does not. */
class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** How one input ended. */
type Ending = { readonly kind: 'accepted' | 'refused' } | { readonly kind: 'finding'; readonly error: Error };

/**
 * One line of an error is cut at 2,000 characters when it is printed: what is longer costs memory and has no reader.
 */
const MAX_MESSAGE = 100_000;

/** Run one input. @param folder see `Fuzzer.run` */
export async function runInput(fuzzer: Fuzzer, input: Input, folder: string): Promise<Ending> {
  try {
    await fuzzer.run(input, folder);
    return { kind: 'accepted' };
  } catch (error) {
    const known = error instanceof Error ? error : new Error(`not an Error: ${String(error)}`);
    if (describeError(known).kind === 'internal error') return { kind: 'finding', error: known };
    if (known.message.includes(SECRET))
      return { kind: 'finding', error: new BrokenPromise('an error quotes a file outside') };
    if (known instanceof UserError && known.message.length > MAX_MESSAGE) {
      return { kind: 'finding', error: new BrokenPromise(`an error has ${known.message.length} characters`) };
    }
    return { kind: 'refused' };
  }
}

/** @throws BrokenPromise */
export function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenPromise(what);
}
