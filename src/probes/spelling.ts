import type { Model } from '../language-model/model.ts';
import type { ScoreRequest } from '../language-model/requests.ts';
import { encodedTexts } from '../language-model/tokens/encode.ts';
import { canonicalText } from '../language-model/tokens/spelling.ts';
import { sha256 } from '../platform/sha256.ts';
import type { ProbeItem } from './item.ts';
import { contextOf, type PromptOptions } from './prompt.ts';

/** 128 bits: no tokenizer finds another text for one of them. */
const DIGITS = 32;

/** A question that can have a frame around it: what a chat template writes before and behind. */
const PLACEHOLDER = 'Question';

/**
 * Does the model read the questions as they are written? Of each item, the tokens of everything that is scored are spelled by their
 * names and compared with its text; and what a chat template writes has to be the prompt in the frame that it puts around others.
 * @returns for an item and its requests a digest of what is read in place of it, which a model with the same tokenizer has too;
 *   null where the question itself is read, and at a server that encodes it
 */
export function readerOf(
  model: Pick<Model, 'tokenizer'>,
  options: PromptOptions,
): (item: ProbeItem, requests: readonly ScoreRequest[]) => string | null {
  const { tokenizer } = model;
  if (tokenizer === null) return () => null;
  let frame: readonly string[] | null = null;
  const isFramed = (item: ProbeItem, context: string) => {
    const { question, verbatim, prompt } = item;
    const isWhole = question.kind === 'choice' && question.contexts !== undefined;
    if (!options.chatTemplate || verbatim === true || isWhole) return true;
    frame ??= contextOf({ ...item, prompt: PLACEHOLDER }, model, options).split(PLACEHOLDER);
    const [before, behind, ...more] = frame;
    if (before === undefined || behind === undefined || more.length > 0) return false;
    return canonicalText(context) === canonicalText(before + prompt + behind);
  };
  return (item, requests) => {
    const scored = requests.flatMap((request) => (request.kind === 'text' ? [request] : []));
    const texts = [...new Set(scored.flatMap(({ context, continuation }) => encodedTexts(context, continuation)))];
    const ids = texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }));
    const spelled = tokenizer.spell(ids).map(canonicalText);
    const isRead = spelled.every((text, i) => text === canonicalText(texts[i] ?? ''));
    // The prompt before an answer is the same for all of its choices.
    if (isRead && isFramed(item, scored[0]?.context ?? '')) return null;
    return sha256(JSON.stringify(spelled)).slice(0, DIGITS);
  };
}
