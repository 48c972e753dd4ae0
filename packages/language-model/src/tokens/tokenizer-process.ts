// One tokenizer's process (start-tokenizer.ts). In dist, it is a separate file (scripts/build.ts).
import { serveProcess } from '@shadow-gate/platform/process';
import { buildTokenizer, type TokenizerFiles } from './build-tokenizer.ts';
import type { Conversation } from './chat/messages.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Facts about a tokenizer that need no question to it. */
export type TokenizerFacts = Omit<Tokenizer, 'encode' | 'encodeAhead' | 'decode' | 'spell' | 'renderChat' | 'close'>;

export type TokenizerRequest =
  | { readonly kind: 'encode'; readonly texts: readonly string[] }
  | { readonly kind: 'decode'; readonly ids: readonly number[]; readonly skipSpecialTokens: boolean }
  | { readonly kind: 'spell'; readonly sequences: ReadonlyArray<readonly number[]> }
  | {
      readonly kind: 'chat';
      readonly messages: Conversation;
      readonly options: Parameters<Tokenizer['renderChat']>[1];
    };

export type TokenizerReply =
  | { readonly kind: 'ids'; readonly ids: ReadonlyArray<number[]> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'texts'; readonly texts: readonly string[] };

serveProcess((files: TokenizerFiles) => {
  const { encode, decode, spell, renderChat, ...facts } = buildTokenizer(files);
  return {
    loaded: facts satisfies TokenizerFacts,
    answer(request: TokenizerRequest): TokenizerReply {
      switch (request.kind) {
        case 'encode':
          return { kind: 'ids', ids: request.texts.map((text) => encode(text, { addSpecialTokens: false })) };
        case 'decode':
          return { kind: 'text', text: decode(request.ids, request) };
        case 'spell':
          return { kind: 'texts', texts: spell(request.sequences) };
        case 'chat':
          return { kind: 'text', text: renderChat(request.messages, request.options) };
      }
    },
  };
});
