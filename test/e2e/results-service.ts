import type { Fault } from '../github/fake/faults.ts';
import { type Answer, NOT_FOUND } from '../github/fake/http.ts';
import { FakeServer, type Received } from '../github/fake/server.ts';
import { Artifacts } from './results/artifacts.ts';
import { Blobs } from './results/blobs.ts';
import { CacheEntries } from './results/cache-entries.ts';
import { readToken, type WorkflowRun, writeToken } from './results/run-token.ts';
import { twirpError } from './results/twirp.ts';

const SERVICES = /^POST \/twirp\/github\.actions\.results\.api\.v1\.(CacheService|ArtifactService)\/(\w+)$/;

/**
 * GitHub's results service, in memory: the server of @actions/cache and @actions/artifact, and its storage. Its
 * requests are `POST /twirp/….CacheService/CreateCacheEntry`, `PUT /blobs/…` and so on.
 */
export class ResultsService extends FakeServer {
  readonly #blobs = new Blobs();
  readonly cache = new CacheEntries(this.#blobs);
  readonly artifacts = new Artifacts(this.#blobs);

  /** The variables by which the runner tells a run about it. */
  environment(run: WorkflowRun): Record<string, string> {
    return {
      ACTIONS_RESULTS_URL: `${this.url}/`,
      ACTIONS_RUNTIME_TOKEN: writeToken(run),
      ACTIONS_CACHE_SERVICE_V2: 'true',
    };
  }

  protected override answer({ line, url, request, bytes }: Received): Answer {
    if (url.pathname.startsWith('/blobs/')) return this.#blobs.answer(url, request, bytes);
    const [, service, method = ''] = SERVICES.exec(line) ?? [];
    if (service === undefined) return NOT_FOUND;
    const token = readToken(request);
    if (!token) return twirpError(401, 'unauthenticated', 'token is missing');
    const store = service === 'CacheService' ? this.cache : this.artifacts;
    const answer = store.answer(method, token, JSON.parse(bytes.toString('utf8')), this.url);
    return answer ?? twirpError(404, 'bad_route', `no ${method} in ${service}`);
  }

  protected override failure({ message = 'fault' }: Fault): unknown {
    return { code: 'unavailable', msg: message };
  }
}
