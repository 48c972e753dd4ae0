import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { explainOutOfMemory } from '../src/model.ts';

describe('a model that this machine has no memory for', () => {
  it.each([
    'Failed to allocate memory for requested buffer of size 2147483648',
    'std::bad_alloc',
    'CUDA failure 2: out of memory ; GPU=0',
    'Array buffer allocation failed',
  ])('ends with a sentence about it, not with a stack: %s', (message) => {
    const error = explainOutOfMemory(new Error(`${message}\nat somewhere`));
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'not-enough-memory', hint: expect.stringMatching(/more memory/) });
    expect((error as Error).message).toContain(message);
  });

  it('does not hide a bug', () => {
    const bug = new TypeError('x is not a function');
    expect(explainOutOfMemory(bug)).toBe(bug);
  });
});
