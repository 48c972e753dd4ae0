import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import type { AddedToken } from '../../src/tokens/pipeline/added-tokens.ts';
import { buildPipeline, type Pipeline } from '../../src/tokens/pipeline/pipeline.ts';

// Random tokenizers, and what Python's `tokenizers` makes of random texts
// (packages/language-model/test/fixtures/make_random_tokenizers.py, which also writes larger files: name one in
// RANDOM_TOKENIZERS).

interface Case {
  readonly tokenizer: Readonly<Record<'normalizer' | 'pre_tokenizer' | 'decoder', unknown>> & {
    readonly model: Readonly<Record<string, unknown>>;
    readonly added_tokens: readonly AddedToken[];
  };
  /** Null for a text that cannot be encoded. */
  readonly encoded: ReadonlyArray<readonly [text: string, ids: readonly number[] | null]>;
  readonly decoded: ReadonlyArray<readonly [ids: readonly number[], skipSpecialTokens: boolean, text: string]>;
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(process.env.RANDOM_TOKENIZERS ?? fixture('tokenizers', 'random.json'), 'utf8'),
);

/** What is refused, since it is not known exactly. */
const REFUSED =
  /finds nothing between|prepend_scheme first behind a normalizer|normalizing leaves nothing|which are one once normalized/;

/** @returns null for one that is refused */
function open({ tokenizer }: Case): Pipeline | null {
  try {
    return buildPipeline({ ...tokenizer, added: tokenizer.added_tokens });
  } catch (error) {
    expect(String(error)).toMatch(REFUSED);
    return null;
  }
}

function encode(pipeline: Pipeline, text: string): number[] | null {
  try {
    return pipeline.encode(text);
  } catch (error) {
    expect(String(error)).toMatch(REFUSED);
    return null;
  }
}

describe('random tokenizers', () => {
  const opened = cases.map((one) => ({ ...one, pipeline: open(one) }));
  const known = opened.flatMap(({ pipeline, ...rest }) => (pipeline ? [{ ...rest, pipeline }] : []));

  it('are opened, but for a few that are refused by name', () => {
    expect(known.length).toBeGreaterThan(0.93 * cases.length);
  });

  it('give the ids of the Rust library', () => {
    for (const { pipeline, encoded, tokenizer } of known) {
      for (const [text, ids] of encoded) {
        if (ids === null) continue;
        const { model, ...parts } = tokenizer;
        const got = encode(pipeline, text);
        if (got === null) continue;
        expect(got, `${JSON.stringify(text)} ${model.type} ${JSON.stringify(parts)}`).toEqual(ids);
      }
    }
  });

  it('read ids back as the Rust library does', () => {
    for (const { pipeline, decoded, tokenizer } of known) {
      for (const [ids, skipSpecialTokens, text] of decoded) {
        expect(pipeline.decode(ids, { skipSpecialTokens }), JSON.stringify(tokenizer.decoder)).toBe(text);
      }
    }
  });
});
