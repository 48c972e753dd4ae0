import { expect, test } from 'vitest';
import { leftWork, withPatience } from '../../../src/github/client/with-timeout.ts';

test('a service that answers is waited for, one that hangs is not, and is remembered', async () => {
  await expect(withPatience(5000, Promise.resolve('answer'))).resolves.toBe('answer');
  await expect(withPatience(5000, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(leftWork()).toBe(false);
  await expect(withPatience(20, new Promise(() => {}))).rejects.toThrow('no answer in 0.02 s');
  expect(leftWork()).toBe(true);
});
