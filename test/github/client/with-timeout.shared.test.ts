import { expect, it } from 'vitest';
import { hasAbandonedWork, withTimeout } from '../../../src/github/client/with-timeout.ts';

it('a service that hangs is not waited for, and the process knows that it has to exit', async () => {
  await expect(withTimeout(5000, Promise.resolve('answer'))).resolves.toBe('answer');
  await expect(withTimeout(5000, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(hasAbandonedWork()).toBe(false);
  await expect(withTimeout(20, new Promise(() => {}))).rejects.toThrow('no answer within 0.02 s');
  expect(hasAbandonedWork()).toBe(true);
});
