import { sha256 } from '../files/sha256.ts';

/**
 * JSON with its own checksum, for entries on a disk: one that lost a byte, or was edited, may still be JSON. It is not
 * a signature: anybody who can write can also seal. @param value an object with at least one key
 */
export function seal(value: object): string {
  const text = JSON.stringify(value);
  return `${text.slice(0, -1)},"sha256":"${sha256(text)}"}`;
}

const SEAL = /,"sha256":"([0-9a-f]{64})"\}\s*$/;

/** @returns the JSON without its seal; null if the seal is missing or wrong */
export function unseal(sealed: string): string | null {
  const found = SEAL.exec(sealed.slice(-SEAL_LENGTH));
  if (!found) return null;
  const text = `${sealed.slice(0, sealed.length - found[0].length)}}`;
  return sha256(text) === found[1] ? text : null;
}

/** More than a seal and some white space. */
const SEAL_LENGTH = 100;
