import { publicKeyDigest } from '@shadow-gate/platform';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';

const NAMED = 3;

/** Does the signature cover the weights, by the key of the policy? Without levels: it is valid or not. */
export function signatureCheck({ candidate: { signature }, policy }: ComparisonContext): Finding[] {
  const publicKey = policy.signature?.['public-key'];
  if (signature === undefined) {
    return publicKey === undefined ? [] : [{ kind: 'signature-refused', level: 'fail', cause: 'missing' }];
  }
  const { files, faults, key } = signature;
  const broken: Finding[] = [];
  if (faults.length > 0) {
    const isUnread = faults.every(({ fault }) => fault === 'other-form');
    const level = isUnread ? 'inconclusive' : 'fail';
    broken.push({ kind: 'signature-broken', level, named: faults.slice(0, NAMED), faults: faults.length, files });
  }
  if (publicKey === undefined) {
    return broken.length > 0 ? broken : [{ kind: 'signature-unchecked', level: 'info', files }];
  }
  if (key === null || key !== publicKeyDigest(publicKey)) {
    return [...broken, { kind: 'signature-refused', level: 'fail', cause: 'other-key' }];
  }
  return broken.length > 0 ? broken : [{ kind: 'signature-valid', level: 'info', files, key }];
}
