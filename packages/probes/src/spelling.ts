import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { encodedTexts, leadingTokens, type Tokenizer } from '@shadow-gate/language-model/tokens';
import { sha256 } from '@shadow-gate/platform/files';
import type { ProbeItem } from './item.ts';
import { isTemplated, type PromptOptions, promptContext } from './prompt.ts';

/** 128 bits: nobody finds another text with the same digest. */
const DIGITS = 32;

/** They judge nothing: they only count the items that become other tokens. */
const ID_DIGITS = 8;

/** How the model reads an item; nulls at a server that encodes it. */
export interface ReadItem {
  /** Digest of the text read in place of the item, the same for all models with this tokenizer; null for the item. */
  readonly spelling: string | null;
  readonly tokens: string | null;
}

export const PLACEHOLDER = 'Question';

/**
 * Does the model read the questions as they are written? Spell the tokens of everything scored or continued and compare
 * with the text: one more space could give the answer away. White space that a tokenizer puts around every text, and a
 * chat template, do not count.
 */
export function spelledAnswerReader(
  model: Pick<Model, 'tokenizer'>,
  options: PromptOptions,
): (item: ProbeItem, requests: readonly ScoreRequest[]) => ReadItem {
  const { tokenizer } = model;
  if (tokenizer === null) return () => ({ spelling: null, tokens: null });
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const isSpelled = framing((part) => part.trim() === '');
  // The template's text around every question is compared as a whole (`chatFrame` of the measurement).
  const isInTemplate = framing(() => true);
  const isFramed = (item: ProbeItem, context: string) => {
    if (!isTemplated(item, options)) return true;
    return isInTemplate(item.prompt, context, (prompt) => promptContext({ ...item, prompt }, model, options));
  };
  return (item, requests) => {
    const scored = requests.flatMap((request) => (request.kind === 'text' ? [request] : []));
    // All choices have the same prompt before them, and an answer is generated after it.
    const context = scored[0]?.context ?? '';
    const generated = item.question.kind === 'exact' ? [context] : [];
    const parts = scored.flatMap((request) => encodedTexts(request.context, request.continuation));
    const texts = [...new Set([...parts, ...generated])];
    const ids = texts.map(encode);
    const spelled = tokenizer.spell(ids);
    const write = (other: string) => tokenizer.spell([encode(other)])[0] ?? '';
    const isRead = texts.every((text, i) => isSpelled(text, spelled[i] ?? '', write));
    return {
      spelling: isRead && isFramed(item, context) ? null : sha256(JSON.stringify(spelled)).slice(0, DIGITS),
      tokens: sha256(JSON.stringify(ids)).slice(0, ID_DIGITS),
    };
  };
}

/** A digest of the tokens before texts with these beginnings: a text that begins with the BOS gets no second one. */
export function leadingDigest(tokenizer: Tokenizer, starts: readonly string[]): string {
  return sha256(JSON.stringify(tokenizer.spell(starts.map((text) => leadingTokens(tokenizer, text)))));
}

/** Tells whether a text is written like a placeholder in the same white space; `isFrame` accepts the text around it. */
function framing(
  isFrame: (part: string) => boolean,
): (text: string, written: string, write: (text: string) => string) => boolean {
  const frames = new Map<string, readonly string[]>();
  return (text, written, write) => {
    const core = text.trim();
    const start = text.length - text.trimStart().length;
    const other = text.slice(0, start) + PLACEHOLDER + text.slice(start + core.length);
    const frame = frames.get(other) ?? write(other).split(PLACEHOLDER);
    frames.set(other, frame);
    return frame.length === 2 && frame.every(isFrame) && written === frame.join(core);
  };
}
