import type { ChatOptions } from './chat/chat-template.ts';
import type { Conversation } from './chat/messages.ts';

/** Text to token ids and back, like the checkpoint's own tokenizer in transformers. */
export interface Tokenizer {
  /** With `leading` and `trailing` if wanted. @throws UserError for text without a token, even an unknown one */
  encode(text: string, options: { addSpecialTokens: boolean }): number[];
  /** Encode texts that `encode` will be asked for, in one request to another process. @throws UserError as `encode` */
  encodeAhead?(texts: readonly string[]): void;
  /**
   * Ids outside the vocabulary have no text, as in the Rust library; a model's vocabulary is often padded. As in
   * transformers 5, BPE models keep spaces before punctuation, whatever `clean_up_tokenization_spaces` says.
   */
  decode(ids: readonly number[], options: { skipSpecialTokens: boolean }): string;
  /** The text of ids by their tokens' names, whatever the checkpoint's decoder does (spelling.ts). */
  spell(sequences: ReadonlyArray<readonly number[]>): readonly string[];
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Generation ends with any of these: the ids in the model's configs, and the tokenizer's own EOS. */
  readonly eosIds: ReadonlySet<number>;
  /** The ids in the model's configs alone, with which transformers ends generation; missing if they state none. */
  readonly statedEosIds?: ReadonlySet<number>;
  /** The context of a text without one, as in lm-evaluation-harness: BOS, else EOS, else the model configs' own. */
  readonly prefixTokenId: number | null;
  /** The special tokens around a text that is encoded with them. */
  readonly leading: readonly number[];
  readonly trailing: readonly number[];
  /** `bos_token` and so on, as text, under the names that chat templates use. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The Jinja source; null for a model without a chat template. */
  readonly chatTemplate: string | null;
  /** The text has its own BOS: encode it without special tokens. @throws UserError for a missing or faulty template */
  renderChat(messages: Conversation, options: Omit<ChatOptions, 'template' | 'specialTokens'>): string;
  /** Nothing can be asked afterwards. */
  close?(): Promise<void>;
}
