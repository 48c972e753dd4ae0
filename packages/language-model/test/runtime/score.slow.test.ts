import { afterEach, vi } from 'vitest';
import { DEFAULT_KINDS, describeKinds, KINDS } from './sequence-scores.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describeKinds(Object.keys(KINDS).filter((name) => !DEFAULT_KINDS.includes(name)));
