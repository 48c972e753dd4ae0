import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { renderChat } from '../../src/tokens/chat/chat-template.ts';

/**
 * A tokenizer that is easy to follow by hand: each word with the space before it is a token, and so is a space without
 * a word after it; `<s>` has the id 0. Words get ids in the order of their first appearance, from 1.
 */
export function wordTokenizer(changes: Partial<Tokenizer> = {}): Tokenizer & { ids: (...words: string[]) => number[] } {
  const words = ['<s>'];
  const idOf = (word: string) => {
    if (!words.includes(word)) words.push(word);
    return words.indexOf(word);
  };
  const tokenizer: Tokenizer = {
    encode: (text, { addSpecialTokens }) => [
      ...(addSpecialTokens ? tokenizer.leading : []),
      ...(text.match(/<s>|\s?[^\s<]+|\s/gu) ?? []).map(idOf),
    ],
    decode: (ids, { skipSpecialTokens }) =>
      ids
        .filter((id) => id !== 0 || !skipSpecialTokens)
        .map((id) => words[id] ?? '')
        .join(''),
    spell: (sequences) => sequences.map((ids) => ids.map((id) => words[id] ?? '').join('')),
    bosId: 0,
    eosId: null,
    eosIds: new Set(),
    prefixTokenId: 0,
    leading: [],
    trailing: [],
    specialTokens: { bos_token: '<s>' },
    chatTemplate: null,
    renderChat: (messages, options) => {
      const { chatTemplate: template, specialTokens } = tokenizer;
      return renderChat(messages, { ...options, template: template ?? '', specialTokens });
    },
    ...changes,
  };
  return { ...tokenizer, ids: (...texts) => texts.map(idOf) };
}
