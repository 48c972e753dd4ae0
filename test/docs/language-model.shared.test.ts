import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MODEL_FAMILIES, VISION_LANGUAGE } from '@shadow-gate/language-model';
import { expect, it } from 'vitest';

const page = readFileSync(fileURLToPath(new URL('../../docs/reference/language-model.md', import.meta.url)), 'utf8');
const [, families] = /\n## Families\n([\s\S]*?)\n- \*\*Configs\*\*/.exec(page) ?? [];

it('docs/reference/language-model.md lists every model type that runs', () => {
  const listed = new Set(families?.match(/[a-z][a-z0-9_]+/g));
  const types = [...MODEL_FAMILIES, ...VISION_LANGUAGE].map(({ modelType }) => modelType);
  // Text halves have no files of their own.
  const isListed = (type: string) => listed.has(type) || listed.has(type.replace(/_text$/, ''));
  expect(types.filter((type) => !isListed(type))).toEqual([]);
});
