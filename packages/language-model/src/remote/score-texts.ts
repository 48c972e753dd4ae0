import { at, UserError } from '@shadow-gate/platform';
import type { SequenceScore } from '../engine.ts';
import type { EchoedTokens } from './completions-api.ts';
import type { PromptEcho } from './prompt-echo.ts';
import { locateText, promptCount, type TextPair, tokenAt } from './remote-text.ts';
import { echoedScore } from './score-ids.ts';

/** The scores of all tokens but those of `unscored`. */
export interface RollingScore extends SequenceScore {
  /** The beginning of the text without a probability: its first token, or '' after a BOS token. */
  readonly unscored: string;
}

/** Scores texts with a server's tokens, by the probabilities of a prompt, if there is no tokenizer here. */
export class TextScorer {
  readonly #server: string;
  readonly #allowedEcho: PromptEcho | null;
  #countsContexts = false;

  /** @param echo null if the server must not be asked for the probabilities of a prompt: then nothing can be scored */
  constructor(server: string, echo: PromptEcho | null) {
    this.#server = server;
    this.#allowedEcho = echo;
  }

  async score(group: readonly TextPair[], signal: AbortSignal): Promise<SequenceScore[]> {
    const texts = group.map(({ context, continuation }) => context + continuation);
    const context = at(group, 0).context;
    // If the tokens miss the text once, they often do: so the context is counted in the same request.
    const isCounted = this.#countsContexts && context !== '';
    const echoed = await this.#echo.all(isCounted ? [...texts, context] : texts, signal);
    let count = isCounted ? promptCount(at(echoed, texts.length)) : null;
    const scores: SequenceScore[] = [];
    for (const [i, { continuation }] of group.entries()) {
      const answer = at(echoed, i);
      const located = locateText(answer, at(texts, i));
      const start = located === null ? null : tokenAt(located, context.length);
      if (located !== null && start !== null) {
        scores.push(this.#scoreOf(answer, start, located.first + located.starts.length));
        continue;
      }
      if (context === '') throw this.#cannotLocate('the first token of the text');
      // lm-evaluation-harness splits after as many tokens as the context alone has.
      this.#countsContexts = true;
      count ??= promptCount(await this.#echo.one(context, signal));
      const to = promptCount(answer);
      if (count >= to) throw this.#cannotLocate(`where ${JSON.stringify(continuation.slice(0, 50))} begins`);
      scores.push(this.#scoreOf(answer, count, to));
    }
    return scores;
  }

  async scoreAll(text: string, signal: AbortSignal): Promise<RollingScore> {
    if (text === '') return { tokenLogprobs: [], greedy: true, unscored: '' };
    const echoed = await this.#echo.one(text, signal);
    const located = locateText(echoed, text);
    const first = located?.first ?? (this.#beginsText(echoed, text) ? 0 : 1);
    const isScored = echoed.logprobs[first] !== null;
    const to = located === null ? promptCount(echoed) : first + located.starts.length;
    return {
      ...this.#scoreOf(echoed, isScored ? first : first + 1, to),
      unscored: isScored ? '' : at(echoed.tokens, first),
    };
  }

  /** @throws UserError if the server must not be asked for the probabilities of a prompt */
  get #echo(): PromptEcho {
    if (this.#allowedEcho !== null) return this.#allowedEcho;
    throw new UserError(
      `the server at ${this.#server} has adapters, and vLLM has no right log-probabilities of a prompt with them`,
      "give the model's tokenizer (--tokenizer), so that the next token can be asked for by its id",
    );
  }

  /** If the tokens together do not give the text: is the first one part of it? */
  #beginsText({ tokens: [first = ''] }: EchoedTokens, text: string): boolean {
    if (first === '' || first.includes('\ufffd')) throw this.#cannotLocate('the first token of the text');
    return text.startsWith(first);
  }

  #scoreOf(echoed: EchoedTokens, from: number, to: number): SequenceScore {
    return echoedScore(echoed, { from, to, server: this.#server });
  }

  #cannotLocate(what: string): UserError {
    return new UserError(
      `the tokens of the server at ${this.#server} do not show ${what}`,
      "give the model's tokenizer, so that token ids can be sent",
    );
  }
}
