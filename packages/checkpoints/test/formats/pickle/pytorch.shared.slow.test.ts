import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/fixtures.ts';
import { messageOf } from '../../refusal.ts';
import { torchFile } from '../../write-torch-file.ts';

describe('a pickle of millions of objects', () => {
  it.each([
    ['marks', '(', 5_000_000, /more than 4000000 objects/],
    ['nothing', 'N', 17_000_000, /more than 16000000 opcodes/],
  ])('is refused while it fits into memory: %s', async (_, opcode, count, pattern) => {
    const path = join(temporaryFolder(), 'bomb.pt');
    writeFileSync(path, torchFile(`\x80\x02N${opcode.repeat(count)}.`));
    expect(await messageOf(path)).toMatch(pattern);
  });
});
