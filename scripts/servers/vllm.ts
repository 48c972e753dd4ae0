import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { at } from '@shadow-gate/platform';

const STARTS_WITHIN_SECONDS = 300;

export interface VllmOptions {
  /** A folder with the Python environment, in `venv`; logs are written to it. */
  readonly out: string;
  /** A path, and the name to serve it by. */
  readonly model: string;
  readonly name: string;
  readonly dtype: string;
  /** More flags. */
  readonly more?: readonly string[];
}

interface Started {
  readonly url: string;
  readonly log: string;
  readonly version: string;
}

interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly echo: boolean;
}

/** What the server answers to a request for completions. */
interface Completions {
  readonly choices: readonly {
    readonly logprobs: {
      readonly token_logprobs: readonly number[];
      readonly top_logprobs: readonly Readonly<Record<string, number>>[];
    };
  }[];
}

/** A vLLM on loopback. */
export class Vllm {
  readonly url: string;
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #log: string;

  private constructor(child: ChildProcess, { url, log, version }: Started) {
    this.#process = child;
    this.#log = log;
    this.url = url;
    this.version = version;
  }

  /** Stopped when the work is done, or failed. @throws Error with the end of its log if it does not start */
  static async during(options: VllmOptions, work: (server: Vllm) => Promise<void>): Promise<void> {
    const server = await Vllm.#start(options);
    try {
      await work(server);
    } finally {
      await server.#stop();
    }
  }

  static async #start({ out, model, name, dtype, more = [] }: VllmOptions): Promise<Vllm> {
    const port = await freePort();
    const log = join(out, `vllm-${dtype}-${port}.log`);
    const file = openSync(log, 'w');
    const flags = ['--dtype', dtype, '--max-model-len', '2048', '--enforce-eager'];
    const address = ['--host', '127.0.0.1', '--port', String(port)];
    const line = ['-m', 'vllm.entrypoints.openai.api_server', '--model', model, '--served-model-name', name];
    const child = spawn(join(out, 'venv/bin/python'), [...line, ...flags, ...address, ...more], {
      stdio: ['ignore', file, file],
      detached: true,
      env: { ...process.env, VLLM_CPU_KVCACHE_SPACE: '2', HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' },
    });
    const url = `http://127.0.0.1:${port}`;
    for (let seconds = 0; seconds < STARTS_WITHIN_SECONDS && child.exitCode === null; seconds++) {
      const isUp = await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) {
        const { version } = (await (await fetch(`${url}/version`)).json()) as { readonly version: string };
        return new Vllm(child, { url, log, version });
      }
      await wait(1000);
    }
    kill(child);
    throw new Error(`vLLM did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
  }

  /** Natural logarithms: of the tokens of a prompt, or of the most likely next tokens in descending order. */
  async logprobs({ model, prompt, echo }: Question): Promise<readonly number[]> {
    const body = JSON.stringify({ model, prompt, echo, max_tokens: 1, temperature: 0, logprobs: echo ? 1 : 5 });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/v1/completions`, { method: 'POST', headers, body });
    const { choices } = (await response.json()) as Completions;
    const { token_logprobs: own, top_logprobs: top } = at(choices, 0).logprobs;
    return echo ? own.slice(1, -1) : Object.values(at(top, 0)).sort((a, b) => b - a);
  }

  /** Requests for completions that it has answered so far, by its log. */
  completions(): number {
    return readFileSync(this.#log, 'utf8').split('POST /v1/completions').length - 1;
  }

  async #stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    kill(this.#process);
    await ended;
  }
}

/** With the processes that it started. */
function kill({ pid }: ChildProcess): void {
  // It did not start.
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
