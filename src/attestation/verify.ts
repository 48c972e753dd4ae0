import { UserError } from '@shadow-gate/platform';
import { isObject, parseJson } from '@shadow-gate/platform/json';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { parseStatement, type VerdictStatement } from './statement.ts';

export interface ExpectedSigner {
  /** `owner/name` of the repository that ran it. */
  readonly repository: string;
  /** Any workflow of the repository if missing. */
  readonly workflow?: ExpectedWorkflow | undefined;
}

export interface ExpectedWorkflow {
  /** `owner/name` of the repository with the file; null: the one that ran it. */
  readonly repository: string | null;
  /** Such as `.github/workflows/gate.yml`. */
  readonly path: string;
  /** Such as `refs/heads/main`; null: any. */
  readonly ref: string | null;
}

export interface VerifiedVerdict extends VerdictStatement {
  /** The workflow that signed: `https://github.com/owner/name/path@ref`. */
  readonly workflow: string;
}

/** @param text a Sigstore bundle, as JSON @param roots trusted roots @throws UserError if it is not valid */
export function verifyAttestation(text: string, roots: string, expected: ExpectedSigner): VerifiedVerdict {
  const bundle = parseBundle(text);
  const signer = verifiedSigner(bundle, parseRoots(roots));
  const workflow = expectSigner(bundle, signer, expected);
  if (bundle.content.$case !== 'dsseEnvelope' || bundle.content.dsseEnvelope.payloadType !== IN_TOTO) {
    throw new UserError('the attestation has no in-toto statement', FROM_ACTION);
  }
  const payload = bundle.content.dsseEnvelope.payload.toString('utf8');
  return { ...parseStatement(parseJson(payload, { name: 'the statement', hint: FROM_ACTION })), workflow };
}

const IN_TOTO = 'application/vnd.in-toto+json';
const FROM_ACTION = 'give the file that the output attestation of the action names';
const ISSUER = 'https://token.actions.githubusercontent.com';

function parseBundle(text: string): Bundle {
  try {
    return bundleFromJSON(parseJson(text, { name: 'the attestation', hint: FROM_ACTION }));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the attestation is not a Sigstore bundle (${(error as Error).message})`, FROM_ACTION);
  }
}

const ROOT_HINT = "make the file with 'gh attestation trusted-root'";

function parseRoots(text: string): TrustedRoot[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isOnePerLine = lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'));
  return (isOnePerLine ? lines : [text]).map((one) => {
    const json = parseJson(one, { name: 'the trusted root', hint: ROOT_HINT });
    const kind = isObject(json) && typeof json.mediaType === 'string' ? json.mediaType : '';
    if (kind.startsWith('application/vnd.dev.sigstore.trustedroot')) return TrustedRoot.fromJSON(json);
    throw new UserError('the trusted root is none of Sigstore', ROOT_HINT);
  });
}

/** The signer by the first root that vouches for it. */
function verifiedSigner(bundle: Bundle, roots: readonly TrustedRoot[]): Signer {
  const reasons: string[] = [];
  for (const root of roots) {
    // GitHub's own authority has timestamps in place of a log. Either proves that the certificate was still valid.
    const isLogged = root.tlogs.length > 0;
    const least = isLogged
      ? { tlogThreshold: 1, ctlogThreshold: 1, tsaThreshold: 0 }
      : { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 1 };
    try {
      return new Verifier(toTrustMaterial(root), least).verify(toSignedEntity(bundle));
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new UserError(
    `the signature of the attestation is not valid (${[...new Set(reasons)].join('; ')})`,
    'do not trust it, or give the trusted root of the authority that signed',
  );
}

/** The repository that ran a workflow, in Fulcio's certificates (fulcio/docs/oid-info.md). */
const SOURCE_REPOSITORY = '1.3.6.1.4.1.57264.1.12';

/** @returns the workflow that signed @throws UserError if it is not the expected one */
function expectSigner(bundle: Bundle, { identity }: Signer, { repository, workflow }: ExpectedSigner): string {
  const name = identity?.subjectAlternativeName ?? '';
  const { issuer } = identity?.extensions ?? {};
  if (issuer !== ISSUER) {
    const by = issuer === undefined ? 'with a key' : `by ${name} of ${issuer}`;
    throw new UserError(`the attestation is signed ${by}, and not by a workflow on GitHub`, 'do not trust it');
  }
  const source = sourceRepository(bundle);
  if (source === null || !isSame(source, `https://github.com/${repository}`)) {
    throw new UserError(
      `the attestation is of a run of ${source ?? 'an unknown repository'}, and not of ${repository}`,
      'do not trust it, or name that repository',
    );
  }
  const [, own = '', path = '', ref = ''] = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/([^@]+)@(.+)$/.exec(name) ?? [];
  const isExpected =
    isSame(own, workflow?.repository ?? repository) &&
    (workflow === undefined || (path === workflow.path && (workflow.ref === null || ref === workflow.ref)));
  if (isExpected) return name;
  throw new UserError(
    `the attestation is signed by the workflow ${name}, which is not the one that was expected`,
    'do not trust it, or name that workflow',
  );
}

/** GitHub ignores the case of names. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function sourceRepository({ verificationMaterial: { content } }: Bundle): string | null {
  const [leaf] =
    content.$case === 'certificate'
      ? [content.certificate]
      : content.$case === 'x509CertificateChain'
        ? content.x509CertificateChain.certificates
        : [];
  if (leaf === undefined) return null;
  const extension = X509Certificate.parse(leaf.rawBytes).extension(SOURCE_REPOSITORY);
  return extension?.valueObj.subs[0]?.value.toString('utf8') ?? null;
}
