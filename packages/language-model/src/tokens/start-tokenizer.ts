import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@shadow-gate/platform';
import { bridgeEntry, ProcessStopped, StoppableProcess, workerEntry } from '@shadow-gate/platform/process';
import { buildTokenizer, type TokenizerFiles } from './build-tokenizer.ts';
import { remembering } from './remembering.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { TokenizerFacts, TokenizerReply, TokenizerRequest } from './tokenizer-process.ts';

export interface TokenizerLimits {
  /** For starting and loading. */
  readonly loadMilliseconds: number;
  /** For all requests together, in addition to what each of them adds. */
  readonly milliseconds: number;
  /** Time that each request adds, and that each of its characters or tokens adds. */
  readonly millisecondsPerRequest: number;
  readonly millisecondsPerCharacter: number;
  readonly heapMiB: number;
}

/** Hundreds of times what an honest tokenizer takes: below 1 ms for a prompt, 5 s to load the largest vocabulary. */
export const TOKENIZER_LIMITS: TokenizerLimits = {
  loadMilliseconds: 120_000,
  milliseconds: 30_000,
  millisecondsPerRequest: 10,
  millisecondsPerCharacter: 0.1,
  // The largest known vocabulary, Gemma 3's, takes 0.6 GiB.
  heapMiB: 2048,
};

/**
 * A tokenizer in its own process, where a checkpoint's regular expressions, normalizers and templates can exhaust
 * neither the time nor the memory of the gate. From source, under a Node that cannot start it, it runs in this process.
 * @throws UserError if it cannot be built
 */
export async function startTokenizer(
  files: TokenizerFiles,
  limits: TokenizerLimits,
  entries: TokenizerEntries | null = findEntries(),
): Promise<Tokenizer> {
  if (entries === null) {
    const { encode, ...tokenizer } = buildTokenizer(files);
    return remembering(tokenizer, (texts) => texts.map((text) => encode(text, { addSpecialTokens: false })));
  }
  const { file } = files;
  const { process: server, loaded } = await StoppableProcess.start<TokenizerRequest, TokenizerReply, TokenizerFacts>(
    files,
    {
      ...entries,
      heapMiB: limits.heapMiB,
      milliseconds: limits.loadMilliseconds,
    },
  ).catch((error: unknown) => {
    throw explained(error, { what: `${file}: loading it`, milliseconds: limits.loadMilliseconds, limits });
  });
  return clientOf(server, loaded, files, limits);
}

export interface TokenizerEntries {
  readonly bridge: URL;
  readonly entry: URL;
}

/**
 * @returns null outside of a release, if this Node cannot read TypeScript
 * @throws UserError for a release without the files: a tokenizer would run without a deadline
 */
function findEntries(): TokenizerEntries | null {
  const module = import.meta.url;
  const bridge = bridgeEntry();
  const entry = workerEntry('tokenizer-process', module);
  if (bridge && entry) return { bridge, entry };
  // Sources, and the bundles of tools (.mjs), work on what their user chose.
  if (!module.endsWith('.js')) return null;
  const missing = bridge ? 'tokenizer-process.js' : 'process-bridge.js';
  throw new UserError(
    `${join(dirname(fileURLToPath(module)), missing)} is missing, without which a tokenizer cannot be run safely`,
    'restore the whole folder of this release of shadow-gate',
  );
}

function clientOf(
  server: StoppableProcess<TokenizerRequest, TokenizerReply>,
  facts: TokenizerFacts,
  { file }: TokenizerFiles,
  limits: TokenizerLimits,
): Tokenizer {
  let left = limits.milliseconds;
  let stopped: TokenizerStopped | null = null;
  /** Unused time remains for later requests, so that one slow moment of the machine does no harm. */
  const ask = (request: TokenizerRequest, { what, size }: { readonly what: string; readonly size: number }) => {
    if (stopped !== null) throw stopped;
    left += limits.millisecondsPerRequest + size * limits.millisecondsPerCharacter;
    const milliseconds = Math.max(0, left);
    const start = performance.now();
    try {
      return server.ask(request, milliseconds);
    } catch (error) {
      const explanation = explained(error, { what, milliseconds, limits });
      if (explanation instanceof TokenizerStopped) stopped = explanation;
      throw explanation;
    } finally {
      const taken = performance.now() - start;
      // An answer that came late, once: the machine was suspended, or this request alone was slow.
      left = taken > milliseconds ? limits.milliseconds : Math.min(limits.milliseconds, left - taken);
    }
  };
  /** A template's last text adds time for the messages alone: its author chooses its length. */
  let written = { text: '', size: 0 };
  const sizeOf = (text: string) => {
    if (written.text.startsWith(text)) return Math.min(text.length, written.size);
    return text.startsWith(written.text) ? written.size + text.length - written.text.length : text.length;
  };
  const encodeAll = (texts: readonly string[]) => {
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    const what = `${file}: encoding ${texts.length === 1 ? 'a text' : `${texts.length} texts`} of ${length} characters`;
    const size = texts.reduce((sum, text) => sum + sizeOf(text), 0);
    const reply = ask({ kind: 'encode', texts }, { what, size });
    return reply.kind === 'ids' ? reply.ids : [];
  };
  const decode = (ids: readonly number[], skipSpecialTokens: boolean): string => {
    const what = `${file}: decoding ${ids.length} tokens`;
    const reply = ask({ kind: 'decode', ids, skipSpecialTokens }, { what, size: ids.length });
    return reply.kind === 'text' ? reply.text : '';
  };
  // Asked for every prompt: does it begin with the text of this token?
  const { prefixTokenId } = facts;
  let prefix: string | null = null;
  const tokenizer: Omit<Tokenizer, 'encode'> = {
    ...facts,
    decode(ids, { skipSpecialTokens }) {
      if (ids.length !== 1 || ids[0] !== prefixTokenId || skipSpecialTokens) return decode(ids, skipSpecialTokens);
      prefix ??= decode(ids, skipSpecialTokens);
      return prefix;
    },
    spell(sequences) {
      const size = sequences.reduce((sum, ids) => sum + ids.length, 0);
      const reply = ask({ kind: 'spell', sequences }, { what: `${file}: spelling ${size} tokens`, size });
      return reply.kind === 'texts' ? reply.texts : [];
    },
    renderChat(messages, options) {
      const what = `${options.where}: the chat template`;
      const size = JSON.stringify(messages).length;
      const reply = ask({ kind: 'chat', messages, options }, { what, size });
      const text = reply.kind === 'text' ? reply.text : '';
      written = { text, size: Math.min(text.length, size) };
      return text;
    },
    close: () => server.stop(),
  };
  return remembering(tokenizer, encodeAll);
}

/** The tokenizer was stopped for good. No item of a suite is left out for it: the model cannot be asked. */
export class TokenizerStopped extends UserError {}

function explained(
  error: unknown,
  {
    what,
    milliseconds,
    limits,
  }: { readonly what: string; readonly milliseconds: number; readonly limits: TokenizerLimits },
): unknown {
  if (!(error instanceof ProcessStopped)) return error;
  const problem = {
    deadline: `${what} took longer than ${Number((milliseconds / 1000).toFixed(1))} s`,
    memory: `${what} took more than ${limits.heapMiB} MiB of memory`,
    closed: `${what} is not possible any more: the model was closed`,
  }[error.reason];
  const hint = 'restore the tokenizer and the chat template of the model: look for regular expressions and loops';
  return new TokenizerStopped(problem, hint, { code: 'no-tokenizer' });
}
