import { at, UserError } from '@shadow-gate/platform';
import type { SequenceScore } from '../engine.ts';
import {
  buildChoiceTree,
  buildWholeChoiceTree,
  type ChoiceGroup,
  type ChoiceTree,
  choiceTokens,
  scoreInTree,
} from './choice-tree.ts';
import { type EchoedTokens, noPromptLogprobs, otherTokens, untrusted } from './completions-api.ts';
import { expectRaw } from './examine-server.ts';
import { type NextToken, nextTokenRequest, nextTokens } from './next-token.ts';
import { isRefusedFeature, type PromptEcho } from './prompt-echo.ts';
import type { RemoteServer } from './remote-server.ts';
import { promptCount } from './remote-text.ts';

/** After this many trees, it is known how often a server lists all requested tokens. */
const TRIED_TREES = 12;
/** Two in three items of the built-in suite have a tree: with fewer complete ones, an item takes over 1.2 requests. */
const MIN_COMPLETE = 0.75;

interface IdScorerOptions {
  readonly server: RemoteServer;
  readonly model: string;
  /** Null if the server must not be asked for it: such a server lists any requested token. */
  readonly echo: PromptEcho | null;
  /** Compare both ways of asking on the first question. */
  readonly isExamined: boolean;
}

/**
 * Scores the choices of one context with as few requests as possible. It first asks for the probabilities of the next
 * token: one prompt serves all choices of one token, from the server's prefix cache. Choices with an unlisted token are
 * sent as a list of prompts in one request, or one by one if the server takes no lists. The numbers are the same up to
 * the server's rounding. If the server must not be asked for the probabilities of a prompt, each place is a next token.
 */
export class IdScorer {
  readonly #options: IdScorerOptions;
  /** Does the server list probabilities by token id? Null before it was asked. */
  #listsNext: boolean | null = null;
  #trees = 0;
  #completeTrees = 0;

  constructor(options: IdScorerOptions) {
    this.#options = options;
  }

  /** Does the answer to this group show what the server can do? Then it is asked alone, before the others. */
  isTrial(group: ChoiceGroup): boolean {
    return this.#options.echo !== null && this.#listsNext === null && buildChoiceTree(group) !== null;
  }

  /** @returns in the order of the members */
  async score(group: ChoiceGroup, signal: AbortSignal): Promise<SequenceScore[]> {
    const isTrial = this.isTrial(group);
    const found = await this.#scoreByTree(group, signal);
    if (isTrial && this.#options.isExamined) await this.#expectRaw(group, found, signal);
    const missing = group.members.filter((_, i) => at(found, i) === null);
    const echoed = await this.#echoAll({ ...group, members: missing }, signal);
    const from = group.context.length;
    let used = 0;
    return found.map((score, i) => {
      if (score !== null) return score;
      const to = from + at(group.members, i).continuation.length;
      return echoedScore(at(echoed, used++), { from, to, server: this.#options.server.shown });
    });
  }

  /** Once: compares both ways of asking for the same tokens. */
  async #expectRaw(group: ChoiceGroup, found: readonly (SequenceScore | null)[], signal: AbortSignal): Promise<void> {
    const members = group.members.filter((_, i) => at(found, i) !== null);
    if (members.length === 0) return;
    const echoes = await this.#echoAll({ ...group, members }, signal);
    const from = group.context.length;
    const echoed = (shift: number) =>
      members.flatMap(({ continuation }, i) =>
        continuation.map((_, j) => at(echoes, i).logprobs[from + j + shift] ?? null),
      );
    const own = echoed(0).filter((value) => value !== null);
    const next = found.flatMap((score) => score?.tokenLogprobs ?? []);
    expectRaw(next, own, { shifted: [echoed(-1), echoed(1)], server: this.#options.server.shown });
  }

  async #scoreByTree(group: ChoiceGroup, signal: AbortSignal): Promise<(SequenceScore | null)[]> {
    const tree = this.#treeOf(group);
    const answers = tree && (await this.#askTree(group, tree, signal));
    if (!tree || !answers) return group.members.map(() => null);
    const scores = group.members.map(({ continuation }) => scoreInTree(tree, answers, continuation));
    this.#trees++;
    if (scores.every((score) => score !== null)) this.#completeTrees++;
    // A server that seldom lists the requested tokens costs more requests than it saves.
    if (this.#trees >= TRIED_TREES && this.#completeTrees < MIN_COMPLETE * this.#trees) this.#listsNext = false;
    return scores;
  }

  #treeOf(group: ChoiceGroup): ChoiceTree | null {
    if (this.#options.echo === null) return group.members.length > 0 ? buildWholeChoiceTree(group) : null;
    return this.#listsNext === false ? null : buildChoiceTree(group);
  }

  /** @returns the answers at all places, in order; null if the server does not list next tokens */
  async #askTree({ context }: ChoiceGroup, { parts }: ChoiceTree, signal: AbortSignal): Promise<NextToken[] | null> {
    const { server, model } = this.#options;
    const answers: NextToken[] = [];
    for (const places of parts) {
      const prompts = places.map(({ prefix }) => [...context, ...prefix]);
      try {
        const request = nextTokenRequest(model, prompts, choiceTokens(places));
        const answered = nextTokens(await server.request('completions', request, signal), server.shown, prompts);
        this.#listsNext = answered !== null && this.#listsNext !== false;
        if (answered === null) return null;
        answers.push(...answered);
      } catch (error) {
        if (!isRefusedFeature(error)) throw error;
        this.#listsNext = false;
        return null;
      }
    }
    return answers;
  }

  async #echoAll({ context, members }: ChoiceGroup, signal: AbortSignal): Promise<EchoedTokens[]> {
    const { echo, server } = this.#options;
    if (members.length === 0) return [];
    if (echo === null) {
      throw untrusted(
        `the server at ${server.shown} does not list a token that was asked for`,
        'serve the adapter merged into its base model, so that prompts can be asked for with their log-probabilities',
      );
    }
    const prompts = members.map(({ continuation }) => [...context, ...continuation]);
    const echoed = await echo.all(prompts, signal);
    for (const [i, { length }] of prompts.entries()) {
      const answer = at(echoed, i);
      const read = answer.promptTokens ?? promptCount(answer);
      if (read !== length || answer.tokens.length < length) throw otherTokens(server.shown, read, length);
    }
    return echoed;
  }
}

/** Scores tokens `from` to `to` − 1. @throws UserError without probabilities, or without the most likely tokens */
export function echoedScore(
  echoed: EchoedTokens,
  { from, to, server }: { readonly from: number; readonly to: number; readonly server: string },
): SequenceScore {
  const { logprobs } = echoed;
  if (from === 0 && logprobs[0] === null) {
    throw new UserError('the first token of a text has no probability without a context', 'give a context');
  }
  const tokenLogprobs = logprobs.slice(from, to).map((logprob, i) => {
    if (logprob === null) throw noPromptLogprobs(server, `: none for token ${from + i + 1}`);
    return logprob;
  });
  const isTop = echoed.isTop.slice(from, to);
  if (isTop.includes(null)) {
    throw new UserError(
      `the server at ${server} returns no top_logprobs, which show if a token is the most likely one`,
      'serve the model with vLLM or SGLang',
    );
  }
  return { tokenLogprobs, greedy: isTop.every((is) => is === true) };
}
