import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { sha256 } from '@shadow-gate/platform/files';
import type { Envelope } from './signed-files.ts';

/** The curves of Model Signing, each with the digest that it signs with. */
const DIGEST_OF_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** @param pem `-----BEGIN PUBLIC KEY-----` …; null for what is no public key of one of the three curves */
function parsePublicKey(pem: string): { readonly key: KeyObject; readonly digest: string } | null {
  // Node would derive the public one.
  if (/PRIVATE KEY/.test(pem)) return null;
  try {
    const key = createPublicKey(pem);
    const digest = DIGEST_OF_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ''];
    return digest === undefined ? null : { key, digest };
  } catch {
    return null;
  }
}

/**
 * The name of a public key: SHA-256 of its DER form (SubjectPublicKeyInfo).
 * @returns `sha256:` and 64 hexadecimal digits; null for what is no public key on P-256, P-384 or P-521, in PEM
 */
export function publicKeyDigest(pem: string): string | null {
  const parsed = parsePublicKey(pem);
  return parsed && `sha256:${sha256(parsed.key.export({ format: 'der', type: 'spki' }))}`;
}

/** Is an envelope signed with the private half of this key (DSSE 1.0, ECDSA)? */
export function isSignedWith({ payloadType, payload, signature }: Envelope, pem: string): boolean {
  const parsed = parsePublicKey(pem);
  if (parsed === null) return false;
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return verify(parsed.digest, Buffer.concat([Buffer.from(head), payload]), parsed.key, signature);
}
