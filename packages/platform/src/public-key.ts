import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** The digest of ECDSA on each curve (RFC 7518, ES256, ES384 and ES512). */
const DIGEST_OF_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** @returns null unless it is a public key on one of the three curves */
function parsePublicKey(pem: string): { readonly key: KeyObject; readonly digest: string } | null {
  // Node would derive the public key.
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
 * The name of a public key: SHA-256 of its DER form (SubjectPublicKeyInfo), as `sha256:` and 64 hexadecimal digits.
 * @returns null unless it is a public key on P-256, P-384 or P-521 in PEM
 */
export function publicKeyDigest(pem: string): string | null {
  const parsed = parsePublicKey(pem);
  if (parsed === null) return null;
  const der = parsed.key.export({ format: 'der', type: 'spki' });
  return `sha256:${createHash('sha256').update(der).digest('hex')}`;
}

/** Was an ECDSA signature (in DER form) of some bytes made with the private half of a key? */
export function isSignedWith(pem: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const parsed = parsePublicKey(pem);
  return parsed !== null && verify(parsed.digest, bytes, parsed.key, signature);
}
