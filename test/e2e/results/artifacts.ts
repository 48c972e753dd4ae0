import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from '../../github/fake/http.ts';
import type { Blobs } from './blobs.ts';
import type { RunToken } from './run-token.ts';
import { ok, twirpError } from './twirp.ts';

export interface Artifact {
  readonly id: number;
  readonly runId: string;
  readonly jobId: string;
  readonly name: string;
  readonly blob: string;
  createdAt: string;
  digest: string;
  /** As retention makes it: listed, but gone. */
  expired: boolean;
  /** False while it is uploaded: it holds its name, and nobody sees it. */
  complete: boolean;
}

const idsSchema = z.object({ workflow_run_backend_id: z.string(), workflow_job_run_backend_id: z.string() });
const namedSchema = idsSchema.extend({ name: z.string().min(1) });
const finalizeSchema = namedSchema.extend({ hash: z.string().optional() });
const listSchema = idsSchema.extend({ name_filter: z.string().optional(), id_filter: z.string().optional() });

/** The artifacts of all runs. A name belongs to one artifact of a run; a run sees its own only. */
export class Artifacts {
  readonly all: Artifact[] = [];
  readonly #blobs: Blobs;
  #nextId = 1;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** The zip, as it was uploaded. */
  bytesOf({ blob }: Artifact): Buffer {
    return this.#blobs.bytesOf(blob);
  }

  /** One that the toolkit did not upload: any bytes, of any run. */
  put({ runId, name, bytes }: { runId: number; name: string; bytes: Buffer }): Artifact {
    const added = this.#reserve(String(runId), 'job', name, bytes);
    return this.#complete(added, null);
  }

  /** What can be downloaded, newest first. */
  get visible(): Artifact[] {
    return this.all.filter(({ complete }) => complete).reverse();
  }

  signedUrl({ blob }: Artifact, origin: string): string {
    return this.#blobs.signedUrl(origin, blob);
  }

  /** `ArtifactService/*`, as in actions/toolkit, packages/artifact/src/generated/results/api/v1/artifact.ts. */
  answer(method: string, token: RunToken, json: unknown, origin: string): Answer | null {
    if (idsSchema.parse(json).workflow_run_backend_id !== token.runId) {
      return twirpError(403, 'permission_denied', 'the token belongs to another run');
    }
    if (method === 'CreateArtifact') return this.#create(token, namedSchema.parse(json).name, origin);
    if (method === 'FinalizeArtifact') return this.#finalize(token, finalizeSchema.parse(json));
    if (method === 'ListArtifacts') return this.#list(token, listSchema.parse(json));
    if (method === 'GetSignedArtifactURL') {
      const artifact = this.#find(token, namedSchema.parse(json).name);
      return artifact ? ok({ signed_url: this.signedUrl(artifact, origin) }) : missing();
    }
    if (method === 'DeleteArtifact') {
      const artifact = this.#find(token, namedSchema.parse(json).name);
      if (!artifact) return missing();
      this.all.splice(this.all.indexOf(artifact), 1);
      return ok({ ok: true, artifact_id: String(artifact.id) });
    }
    return null;
  }

  #create({ runId, jobId }: RunToken, name: string, origin: string): Answer {
    if (this.all.some((artifact) => artifact.runId === runId && artifact.name === name)) {
      return twirpError(409, 'already_exists', 'an artifact with this name already exists on the workflow run');
    }
    return ok({ ok: true, signed_upload_url: this.signedUrl(this.#reserve(runId, jobId, name), origin) });
  }

  #finalize({ runId }: RunToken, { name, hash }: z.infer<typeof finalizeSchema>): Answer {
    const artifact = this.all.find((candidate) => candidate.runId === runId && candidate.name === name);
    if (!artifact) return missing();
    return ok({ ok: true, artifact_id: String(this.#complete(artifact, hash ?? null).id) });
  }

  #reserve(runId: string, jobId: string, name: string, bytes?: Buffer): Artifact {
    const blob = this.#blobs.create(`${name}.zip`, bytes, 'application/zip');
    const times = { createdAt: new Date().toISOString(), digest: '', expired: false, complete: false };
    const artifact = { id: this.#nextId++, runId, jobId, name, blob, ...times };
    this.all.push(artifact);
    return artifact;
  }

  #complete(artifact: Artifact, hash: string | null): Artifact {
    const digest = hash ?? `sha256:${createHash('sha256').update(this.bytesOf(artifact)).digest('hex')}`;
    return Object.assign(artifact, { digest, complete: true });
  }

  #list({ runId }: RunToken, { name_filter, id_filter }: z.infer<typeof listSchema>): Answer {
    const found = this.visible.filter(
      ({ runId: owner, name, id }) =>
        owner === runId && name === (name_filter ?? name) && String(id) === (id_filter ?? String(id)),
    );
    return ok({
      artifacts: found.map((artifact) => ({
        workflow_run_backend_id: artifact.runId,
        workflow_job_run_backend_id: artifact.jobId,
        database_id: String(artifact.id),
        name: artifact.name,
        size: String(this.bytesOf(artifact).length),
        created_at: artifact.createdAt,
        digest: artifact.digest,
      })),
    });
  }

  #find({ runId }: RunToken, name: string): Artifact | undefined {
    return this.visible.find((artifact) => artifact.runId === runId && artifact.name === name);
  }
}

function missing(): Answer {
  return twirpError(404, 'not_found', 'artifact not found');
}
