import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { leftOut } from '../../scripts/build/left-out.ts';
import { repository, temporaryFolder } from '../fixtures.ts';

it('what attests and what reads artifacts is bundled without packages that nothing here uses, and says so if asked', async () => {
  const outfile = join(temporaryFolder(), 'bundle.cjs');
  const { metafile } = await build({
    stdin: {
      contents: `export { Response } from 'minipass-fetch';\nexport { convert } from 'encoding';\nexport { Extract } from 'unzip-stream';`,
      resolveDir: repository(),
    },
    ...{ bundle: true, platform: 'node', format: 'cjs', outfile, metafile: true, plugins: [leftOut()] },
  });
  expect(
    Object.keys(metafile.inputs).filter((name) => /iconv-lite|node_modules\/(encoding|unzip-stream)/.test(name)),
  ).toEqual([]);
  const { Response, convert, Extract } = await import(outfile);
  expect(() => convert('Größe', 'utf-8', 'latin1')).toThrow('this build reads answers in UTF-8 only');
  expect(() => Extract()).toThrow('this build downloads artifacts whole');
  // What is called: text and JSON, in UTF-8.
  expect(await new Response('{"size":"Größe"}').json()).toEqual({ size: 'Größe' });
});
