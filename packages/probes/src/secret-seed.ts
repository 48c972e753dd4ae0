import { createHmac, scryptSync } from 'node:crypto';
import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';

/** Shorter texts are guessed from the digest that a measurement has. */
export const LEAST_SECRET = 16;

/** A guess costs 50 ms and 16 MiB (scrypt, RFC 7914), since measurements have a digest to compare it with. */
const STRETCHED = { salt: 'shadow-gate/secret-seed@1', bytes: 32 };

/** In place of a secret seed in everything that is written: two measurements with the same one asked the same. */
export const secretIdSchema = z.templateLiteral(['secret:', z.string().regex(/^[0-9a-f]{16}$/)]);
export type SecretId = z.infer<typeof secretIdSchema>;

/** What files say about a seed: a number that draws the questions again, or the digest of a secret. */
export const seedNameSchema = z.union([z.int(), secretIdSchema]);
export type SeedName = z.infer<typeof seedNameSchema>;

/** A seed that nobody can read from the object, its JSON or its text. */
export class SecretSeed {
  readonly #key: Buffer;
  readonly id: SecretId;

  /** @throws UserError for a short secret */
  constructor(secret: string) {
    if (secret.length < LEAST_SECRET) {
      throw new UserError(
        `the secret seed has fewer than ${LEAST_SECRET} characters`,
        'draw one: openssl rand -hex 32, or any text that nobody can guess',
      );
    }
    this.#key = scryptSync(secret, STRETCHED.salt, STRETCHED.bytes);
    this.id = `secret:${this.#hmac('shadow-gate suite id').toString('hex').slice(0, 16)}`;
  }

  /** 128 bits for a generator. Those of another name do not follow from them. */
  state(name: string): [number, number, number, number] {
    const bytes = this.#hmac(`draw ${name}`);
    return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
  }

  /** Key of the hashes that take the place of texts in measurements. */
  textKey(): string {
    return this.#hmac('hidden texts').toString('hex');
  }

  toJSON(): SecretId {
    return this.id;
  }

  toString(): SecretId {
    return this.id;
  }

  #hmac(purpose: string): Buffer {
    return createHmac('sha256', this.#key).update(purpose).digest();
  }
}

/** A number that everybody may know, or a secret. */
export type Seed = number | SecretSeed;

export function seedName(seed: Seed): SeedName {
  return typeof seed === 'number' ? seed : seed.id;
}
