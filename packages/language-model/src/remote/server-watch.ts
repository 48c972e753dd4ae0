import { at } from '@shadow-gate/platform';
import { untrusted } from './completions-api.ts';
import { type Examined, examineServer } from './examine-server.ts';
import { isSame, takeFingerprint } from './fingerprint.ts';
import { expectSameIdentity, type ServerIdentity } from './server-identity.ts';

/** The fixed prompts have about 40 tokens, or 120 letters if each is a token; a smaller context gets beginnings. */
const ROOM_FOR_PROMPTS = 128;
const SHORT_PROMPT = 20;

interface WatchOptions extends Omit<Examined, 'server'> {
  /** Search the server for contradictions. */
  readonly isExamined: boolean;
  readonly identify: () => Promise<ServerIdentity>;
}

export type ServerWatch = Awaited<ReturnType<typeof watchServer>>;

/** @throws UserError if the server is examined and contradicts itself */
export async function watchServer(identity: ServerIdentity, options: WatchOptions) {
  const { maxLength, isExamined, read, identify } = options;
  const isShort = maxLength < ROOM_FOR_PROMPTS;
  const prompts = isShort ? options.prompts.map((prompt) => prompt.slice(0, SHORT_PROMPT)) : options.prompts;
  const fingerprint = isExamined
    ? await examineServer({ server: identity.address, prompts, maxLength, read })
    : await takeFingerprint(read, prompts);
  let checks = 0;
  /** Ask one of the fixed prompts again. @throws UserError if the answer differs */
  const check = async () => {
    const i = checks++ % prompts.length;
    const now = await read(at(prompts, i));
    if (isSame(now.logprobs, at(fingerprint.readings, i).logprobs)) return;
    throw untrusted(
      `the server at ${identity.address} no longer answers as it did at the beginning: its model or its settings changed`,
      'run again while nothing changes the server',
    );
  };
  /** Ask everything again. @throws UserError if anything differs */
  const checkAll = async () => {
    expectSameIdentity(await identify(), identity);
    for (const _ of prompts) await check();
  };
  return { identity, fingerprint, check, checkAll };
}
