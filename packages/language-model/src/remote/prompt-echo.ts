import { UserError } from '@shadow-gate/platform';
import {
  type EchoedTokens,
  echoedPrompts,
  echoedTokens,
  noPromptLogprobs,
  scoreRequest,
  type WirePrompt,
  type WirePromptList,
} from './completions-api.ts';
import { isUnsupported } from './remote-retry.ts';
import { type RemoteServer, ServerRefusal } from './remote-server.ts';

/** Longer lists of prompts are sent one by one: a response has about 300 bytes per token. */
const MAX_LIST_LENGTH = 65_536;

/** Asks a server for the log-probabilities of prompts, several in one request if it accepts lists. */
export class PromptEcho {
  readonly #server: RemoteServer;
  readonly #model: string;
  #takesLists = true;

  constructor(server: RemoteServer, model: string) {
    this.#server = server;
    this.#model = model;
  }

  /** @throws UserError if the server does not return log-probabilities of a prompt */
  async one(prompt: WirePrompt, signal: AbortSignal): Promise<EchoedTokens> {
    try {
      const response = await this.#server.request('completions', scoreRequest(this.#model, prompt), signal);
      return echoedTokens(response, this.#server.shown);
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      if (isUnsupported(error.reason)) throw noPromptLogprobs(this.#server.shown, `: ${error.reason}`);
      if (error.status !== 422 || !/\bprompt\b/.test(error.reason) || typeof prompt === 'string') throw error;
      throw new UserError(
        `the server at ${this.#server.shown} does not accept token ids as a prompt: ${error.reason}`,
        'serve the model with vLLM or SGLang (text-generation-inference cannot score)',
      );
    }
  }

  async all(prompts: WirePromptList, signal: AbortSignal): Promise<EchoedTokens[]> {
    const listed = await this.#list(prompts, signal);
    if (listed !== null) return listed;
    const echoed: EchoedTokens[] = [];
    for (const prompt of prompts) echoed.push(await this.one(prompt, signal));
    return echoed;
  }

  /** @returns null if the prompts have to be sent one by one */
  async #list(prompts: WirePromptList, signal: AbortSignal): Promise<EchoedTokens[] | null> {
    const length = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    if (prompts.length < 2 || !this.#takesLists || length > MAX_LIST_LENGTH) return null;
    try {
      const response = await this.#server.request('completions', scoreRequest(this.#model, prompts), signal);
      return echoedPrompts(response, this.#server.shown, prompts);
    } catch (error) {
      // llama-cpp-python fails an assertion for a list, which looks like any other failure.
      if (!isRefusedFeature(error) && !(error instanceof UserError && error.code === 'server')) throw error;
      this.#takesLists = false;
      return null;
    }
  }
}

/** Servers refuse unknown features with these; other refusals concern the key, the model or the address. */
const FEATURE_STATUSES: ReadonlySet<number> = new Set([400, 422]);

/** Does the server refuse this way of asking, so that another way may be answered? */
export function isRefusedFeature(error: unknown): boolean {
  return error instanceof ServerRefusal && (FEATURE_STATUSES.has(error.status) || isUnsupported(error.reason));
}
