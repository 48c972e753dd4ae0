import { expect, test } from 'vitest';
import { VERDICTS } from '../../src/gate/report.ts';
import { isFailure } from '../../src/github/announce.ts';
import { FAIL_ON_CHOICES } from '../../src/github/inputs.ts';

test('which verdict fails the step', () => {
  const failing = FAIL_ON_CHOICES.map((failOn) => [failOn, VERDICTS.filter((verdict) => isFailure(verdict, failOn))]);
  expect(Object.fromEntries(failing)).toEqual({
    fail: ['fail'],
    warn: ['warn', 'fail', 'inconclusive'],
    never: [],
  });
});
