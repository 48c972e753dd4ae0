import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const page = read('docs/lab-notes/adding-a-model.md');
const FAMILIES = 'packages/language-model/src/architectures/families';

function block(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  if (code === undefined) throw new Error(`the page has no ${language}`);
  return code;
}

describe('docs/lab-notes/adding-a-model.md', () => {
  it('shows the family as it is', () => {
    expect(read(`${FAMILIES}/seed-oss.ts`)).toContain(block('ts'));
  });

  it('shows the recipe of its fixtures as it is', () => {
    expect(read('test/fixtures/language_model_families/llama_like.py')).toContain(block('python'));
  });

  it('names families and errors that exist', () => {
    const named = [...page.matchAll(/`([\w-]+\.ts)`/g)].map(([, file]) => file);
    const ofFamilies = [...new Set(named)].filter((file) => !/^(decoder|activation)\.ts$/.test(file ?? ''));
    expect(ofFamilies.length).toBeGreaterThan(15);
    for (const file of ofFamilies) {
      const checkpoint = ['packages/checkpoints/src/naming', 'packages/checkpoints/src/matrices'];
      const folders = [FAMILIES, 'packages/language-model/src/architectures', ...checkpoint];
      const found = folders.some((folder) =>
        existsSync(fileURLToPath(new URL(`../../${folder}/${file}`, import.meta.url))),
      );
      expect(found || file === 'describe-decoder.shared.test.ts', file).toBe(true);
    }
    const maker = read('test/fixtures/language_model_fixture.py');
    for (const error of ['moves the logits by', '} apart', 'no seed that proves something', 'its router is only']) {
      expect(maker).toContain(error);
    }
  });
});
