import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseVersioned, readVersioned, type VersionedFormat } from '@shadow-gate/platform/json';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../../../test/fixtures.ts';

const FORMAT: VersionedFormat<{ schema: string; sizes: number[] }> = {
  version: 'test/sizes@2',
  schema: z.strictObject({ schema: z.string(), sizes: z.array(z.number()) }),
  hint: 'make it again',
};

const text = (over: object = {}) => JSON.stringify({ schema: 'test/sizes@2', sizes: [1, 2], ...over });

describe('a versioned JSON file', () => {
  it('a file of the current version is read', async () => {
    const path = join(temporaryFolder(), 'sizes.json');
    writeFileSync(path, text());
    expect(await readVersioned(path, FORMAT)).toEqual({ schema: 'test/sizes@2', sizes: [1, 2] });
  });

  it.each([
    ['text that is not JSON', '{"schema": ', 'sizes.json is not JSON'],
    ['JSON without a schema', '{"sizes": []}', 'sizes.json has no "schema"'],
    ['a number', '3', 'sizes.json has no "schema"'],
    [
      'another version',
      text({ schema: 'test/sizes@3' }),
      'sizes.json is of schema "test/sizes@3", this version reads test/sizes@2',
    ],
    ['a wrong value', text({ sizes: [1, 'b'] }), /^sizes\.json is not a valid test\/sizes@2: sizes\.1: /],
    ['an unknown key', text({ colors: [] }), /^sizes\.json is not a valid test\/sizes@2: Unrecognized key.*colors/],
  ])('%s is refused, and the error names the file, the place and what to do', (_, wrong, message) => {
    expect(() => parseVersioned(wrong, 'sizes.json', FORMAT)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        hint: 'make it again',
        message: typeof message === 'string' ? `${message} — make it again` : expect.stringMatching(message),
      }),
    );
  });

  it('the caller decides what an error reports of text that is not JSON', () => {
    expect(() => parseVersioned('{', 'line 3', FORMAT, 'was cut off')).toThrow(/^line 3 was cut off/);
  });

  it('a missing file is an error for the user, not a crash', async () => {
    const path = join(temporaryFolder(), 'none.json');
    await expect(readVersioned(path, FORMAT)).rejects.toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining('none.json does not exist') }),
    );
  });
});
