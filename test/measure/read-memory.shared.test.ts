import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';

/** Reads hostile texts in a process of its own with a small heap, in which the errors of all entries find no room. */
const HEAP_MIB = 256;

let reader: string;
beforeAll(async () => {
  reader = join(temporaryFolder(), 'reader.mjs');
  const contents = `
    import { parseMeasurement } from '${repository('src/measure/schema/read.ts')}';
    import { parseReport } from '${repository('src/report/json.ts')}';
    const [measurement, report] = [{ schema: 'shadow-gate/measurement@1' }, { schema: 'shadow-gate/report@1' }];
    const many = (entry) => '[' + (entry + ',').repeat(4e6 / (entry.length + 1)) + entry + ']';
    const whole = (object, key, list) => JSON.stringify(object).slice(0, -1) + ',' + JSON.stringify(key) + ':' + list + '}';
    const hostile = {
      'tensors that are numbers': () => parseMeasurement(whole(measurement, 'tensors', many('1')), 'm.json'),
      'tensors without keys': () => parseMeasurement(whole(measurement, 'tensors', many('{"a":1}')), 'm.json'),
      'shapes of text': () => parseMeasurement(whole(measurement, 'vectors', '[{"name":"a","shape":' + many('""') + '}]'), 'm.json'),
      'reasons without keys': () => parseReport(whole(report, 'reasons', many('{"a":1}')), 'r.json'),
      'a key for each thing': () => parseMeasurement(whole(measurement, 'groups', '{' + Array.from({ length: 2e5 }, (_, i) => '"k' + i + '":0').join() + '}'), 'm.json'),
    };
    const refusals = Object.entries(hostile).map(([kind, read]) => {
      try {
        return [kind, read()];
      } catch (error) {
        return [kind, error.name + ': ' + error.message];
      }
    });
    console.log(JSON.stringify(Object.fromEntries(refusals)));`;
  await build({
    stdin: { contents, resolveDir: repository() },
    outfile: reader,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: `import{createRequire as __r}from'node:module';const require=__r(import.meta.url);` },
    external: ['onnxruntime-node'],
  });
});

it('a measurement or report that is wrong in every entry is refused in one line, in a small heap', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, reader], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const refusal = (where: string) => expect.stringMatching(new RegExp(`^UserError: ${where}.{1,400}$`));
  expect(JSON.parse(stdout)).toEqual({
    'tensors that are numbers': refusal('m.json is not a valid shadow-gate/measurement@1: tool: '),
    'tensors without keys': refusal(''),
    'shapes of text': refusal(''),
    'reasons without keys': refusal(''),
    'a key for each thing': refusal(''),
  });
});
