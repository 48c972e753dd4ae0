import { createHash } from 'node:crypto';
import { parseJson } from '@shadow-gate/platform/json';
import { z } from 'zod';

/** A signature over a type and bytes (DSSE). */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/** The pre-authentication encoding of DSSE 1.0, which is signed. */
export function signedBytes({ payloadType, payload }: Envelope): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

export interface SignedFiles {
  readonly envelope: Envelope;
  /** SHA-256 in hexadecimal digits by the name of the file, relative to the folder; `.` for a lone file. */
  readonly files: ReadonlyMap<string, string>;
  /** Unsigned files and folders, relative to the folder. */
  readonly ignored: readonly string[];
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const bundleSchema = z.object({
  dsseEnvelope: z.object({
    payloadType: z.string(),
    payload: base64,
    signatures: z.tuple([z.object({ sig: base64 })]),
  }),
});

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const formSchema = z.object({
  predicateType: z.string(),
  predicate: z.object({ serialization: z.object({ method: z.string(), hash_type: z.string() }) }),
});
const statementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.tuple([z.object({ digest: z.object({ sha256: hex }) })]),
  predicate: z.object({
    serialization: z.object({ ignore_paths: z.array(z.string()).default([]) }),
    resources: z
      .array(z.object({ name: z.string().min(1), algorithm: z.literal('sha256'), digest: hex }))
      .min(1)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length),
  }),
});

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const PREDICATE = 'https://model_signing/signature/v1.0';

/**
 * Read a signature of OpenSSF Model Signing 1.0: a Sigstore bundle whose statement lists the SHA-256 of every file.
 * @returns `unreadable` for anything else, or a contradiction; `other-form` for another list of files: in shards, with
 * another digest, or as in version 0.2
 */
export function readSignedFiles(text: string): SignedFiles | 'unreadable' | 'other-form' {
  const bundle = bundleSchema.safeParse(jsonOf(text));
  if (!bundle.success) return 'unreadable';
  const { payload, payloadType, signatures } = bundle.data.dsseEnvelope;
  const json = jsonOf(payload.toString('utf8'));
  const form = formSchema.safeParse(json);
  if (!form.success) return COMPAT.safeParse(json).success ? 'other-form' : 'unreadable';
  if (payloadType !== PAYLOAD_TYPE) return 'unreadable';
  const { method, hash_type } = form.data.predicate.serialization;
  if (form.data.predicateType !== PREDICATE || method !== 'files' || hash_type !== 'sha256') return 'other-form';
  const statement = statementSchema.safeParse(json);
  if (!statement.success) return 'unreadable';
  const { subject, predicate } = statement.data;
  const all = createHash('sha256');
  for (const { digest } of predicate.resources) all.update(Buffer.from(digest, 'hex'));
  if (all.digest('hex') !== subject[0].digest.sha256) return 'unreadable';
  return {
    envelope: { payloadType, payload, signature: signatures[0].sig },
    files: new Map(predicate.resources.map(({ name, digest }) => [name, digest])),
    ignored: predicate.serialization.ignore_paths,
  };
}

const COMPAT = z.object({ predicateType: z.literal('https://model_signing/Digests/v0.1') });

function jsonOf(text: string): unknown {
  try {
    return parseJson(text, { name: 'the signature', hint: 'sign again' });
  } catch {
    return null;
  }
}
