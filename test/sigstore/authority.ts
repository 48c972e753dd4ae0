import { createHash, generateKeyPairSync } from 'node:crypto';
import { sha256 } from '@shadow-gate/platform/files';
import {
  fulcioHandler,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from '@sigstore/mock';
import {
  type CertificateAuthority,
  HashAlgorithm,
  PublicKeyDetails,
  type TransparencyLogInstance,
  TrustedRoot,
} from '@sigstore/protobuf-specs';
import nock from 'nock';
import { z } from 'zod';

/** Who asks for a certificate: what GitHub says of a job in its identity token. */
export interface Identity {
  readonly issuer?: string;
  /** Whose run it is. */
  readonly repository?: string;
  /** What signs: `owner/name/path@ref`. */
  readonly workflow?: string;
}

/** Where GitHub's runner gives a job its identity token. */
const TOKEN_URL = 'https://identity.actions.test';
/** What the runner sets in a job with `permissions: id-token: write`. */
export const ID_TOKEN = {
  ACTIONS_ID_TOKEN_REQUEST_URL: `${TOKEN_URL}/token?api-version=2`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runtime-token',
};

interface Authority {
  /** The trusted roots of both, one a line, as `gh attestation trusted-root` prints them. */
  readonly trustedRoots: string;
  /** Both, each by itself. */
  readonly publicGood: string;
  readonly github: string;
  stop(): void;
}

/**
 * Sigstore as its own tests have it (@sigstore/mock), in this process: at the addresses of the public instance, with
 * its log, and at those of GitHub's own instance, with its timestamps.
 * @param identity of the job that asks, which may change
 */
export async function startAuthority(identity: () => Identity): Promise<Authority> {
  const keys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKeys = keys();
  const ctLog = await initializeCTLog(publicKeys);
  const publicCa = await initializeCA(publicKeys, ctLog);
  const tLog = await initializeTLog('https://rekor.sigstore.dev', publicKeys);
  const githubKeys = keys();
  const githubCa = await initializeCA(githubKeys);
  const tsa = await initializeTSA(githubKeys);
  // GitHub's authority gives whole seconds. The mock gives milliseconds without a last zero, as DER asks, where the
  // verifier reads three digits or none: one signature in ten was not valid.
  Object.assign(tsa, { getCurrentTime: () => new Date(1000 * Math.floor(Date.now() / 1000)) });
  const subject = { strict: true, subjectClaim: 'subject_alternative_name' };
  answer('https://fulcio.sigstore.dev', fulcioHandler(publicCa, subject));
  const { path, fn } = rekorHandler(tLog, { strict: true });
  answer('https://rekor.sigstore.dev', { path, fn: (body) => fn(storedEntry(body)) });
  answer('https://fulcio.githubapp.com', fulcioHandler(githubCa, subject));
  answer('https://timestamp.githubapp.com', tsaHandler(tsa, { strict: true }));
  nock(TOKEN_URL)
    .persist()
    .get('/token')
    .query({ 'api-version': 2, audience: 'sigstore' })
    .matchHeader('authorization', `Bearer ${ID_TOKEN.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`)
    .reply(200, () => ({ value: tokenOf(identity()) }));
  const log = (publicKey: Buffer): TransparencyLogInstance => ({
    baseUrl: '',
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: {
      rawBytes: publicKey,
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start: new Date(0), end: undefined },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest() },
    checkpointKeyId: undefined,
    operator: '',
  });
  const publicGood = rootOf({
    certificateAuthorities: [authority([publicCa.rootCertificate])],
    tlogs: [log(tLog.publicKey)],
    ctlogs: [log(ctLog.publicKey)],
  });
  const github = rootOf({
    certificateAuthorities: [authority([githubCa.rootCertificate])],
    timestampAuthorities: [authority([tsa.intCertificate, tsa.rootCertificate])],
  });
  return { publicGood, github, trustedRoots: `${publicGood}\n${github}\n`, stop: () => nock.cleanAll() };
}

const proposalSchema = z.object({
  apiVersion: z.literal('0.0.1'),
  kind: z.literal('dsse'),
  spec: z.object({ proposedContent: z.object({ envelope: z.string(), verifiers: z.tuple([z.string()]) }) }),
});
const envelopeSchema = z.object({ payload: z.base64(), signatures: z.tuple([z.object({ sig: z.string() })]) });

/** Rekor keeps digests of a DSSE envelope (its dsse type, version 0.0.1); the mock logs what it gets. */
function storedEntry(body: string): string {
  const { spec, ...kind } = proposalSchema.parse(JSON.parse(body));
  const { envelope, verifiers } = spec.proposedContent;
  const { payload, signatures } = envelopeSchema.parse(JSON.parse(envelope));
  const digest = (content: string | Buffer) => ({ algorithm: 'sha256', value: sha256(content) });
  return JSON.stringify({
    ...kind,
    spec: {
      envelopeHash: digest(envelope),
      payloadHash: digest(Buffer.from(payload, 'base64')),
      signatures: [{ signature: signatures[0].sig, verifier: verifiers[0] }],
    },
  });
}

type Handler = ReturnType<typeof fulcioHandler>;

function answer(address: string, { path, fn }: Handler): void {
  nock(address)
    .persist()
    .post(path)
    .reply(async (_, body) => {
      const {
        statusCode,
        response,
        contentType = 'text/plain',
      } = await fn(typeof body === 'string' ? body : JSON.stringify(body));
      return [statusCode, response, { 'Content-Type': contentType }];
    });
}

function tokenOf({
  issuer = 'https://token.actions.githubusercontent.com',
  repository = 'o/r',
  workflow = 'o/r/.github/workflows/gate.yml@refs/heads/main',
}: Identity): string {
  const claims = {
    iss: issuer,
    sub: `repo:${repository}:ref:refs/heads/main`,
    subject_alternative_name: `https://github.com/${workflow}`,
    repository,
  };
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}

const authority = (certificates: readonly Buffer[]): CertificateAuthority => ({
  subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
  uri: '',
  operator: '',
  certChain: { certificates: certificates.map((rawBytes) => ({ rawBytes })) },
  validFor: { start: new Date(0), end: undefined },
});

function rootOf(own: Partial<TrustedRoot>): string {
  const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
  const none = { tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
  return JSON.stringify(TrustedRoot.toJSON({ mediaType, ...none, ...own }));
}
