import { expect, it } from 'vitest';
import { LANGUAGE_MODELS } from '../../../../test/language-models.ts';
import { expectFolder } from './expect-logits.ts';

it('there is a fixture of every family', () => {
  // it.each over an empty list would pass.
  expect(LANGUAGE_MODELS.length).toBeGreaterThanOrEqual(110);
});

it.each(LANGUAGE_MODELS)('the logits of %s are those of transformers', expectFolder);
