import type { Model } from '@shadow-gate/language-model';
import { SPELLING } from '@shadow-gate/language-model/tokens/spelling';
import { sha256 } from '@shadow-gate/platform/files';
import { expectChatTemplate, isTemplated, leadingDigest, PLACEHOLDER, PROBE_DATE } from '@shadow-gate/probes';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { optionsFor } from './estimate-suites.ts';
import type { ProbeRunOptions } from './options.ts';

/** Is any prompt written as a message of a chat here, or is any not? */
function hasPrompts({ suites, chatTemplate }: ProbeRunOptions, { templated }: { templated: boolean }): boolean {
  return suites.some((suite) => {
    const options = optionsFor(suite, chatTemplate);
    return suite.items.some((item) => isTemplated(item, options) === templated);
  });
}

export const needsTemplate = (selection: ProbeRunOptions): boolean => hasPrompts(selection, { templated: true });

/**
 * How questions reach the model: digests of the text that the chat template writes around one, and of the tokens before
 * them; and whether the texts of tokens are known.
 */
export function frameOf(
  { tokenizer }: Model,
  selection: ProbeRunOptions,
): Pick<MeasuredProbes, 'chatFrame' | 'spelling' | 'leading'> {
  const messages = [{ role: 'user', content: PLACEHOLDER }];
  const settings = { addGenerationPrompt: true, now: PROBE_DATE, where: 'the probes' };
  const chat = needsTemplate(selection) ? expectChatTemplate(tokenizer).renderChat(messages, settings) : null;
  // By the text before a question only: a question can begin with the text of the candidate's BOS.
  const starts = [
    ...(chat === null ? [] : [chat.split(PLACEHOLDER)[0] ?? '']),
    ...(hasPrompts(selection, { templated: false }) ? [''] : []),
  ];
  return {
    ...(chat === null ? {} : { chatFrame: `sha256:${sha256(chat)}` }),
    ...(tokenizer && { spelling: SPELLING, leading: `sha256:${leadingDigest(tokenizer, starts)}` }),
  };
}
