// What a step with the real toolkit does, in a process of its own: the toolkit reads its environment and writes to the log.
// Usage: node toolkit.mjs '[["saveCache", ["paths"], "key"], ["uploadArtifact", "name", ["files"], "."]]' RESULTS
import { writeFile } from 'node:fs/promises';
import { DefaultArtifactClient } from '@actions/artifact';
import { restoreCache, saveCache } from '@actions/cache';

const [calls = '[]', results = ''] = process.argv.slice(2);
const artifacts = new DefaultArtifactClient();
const done = [];
for (const [name, ...given] of JSON.parse(calls)) {
  const call = { saveCache, restoreCache }[name] ?? artifacts[name].bind(artifacts);
  try {
    done.push({ value: (await call(...given)) ?? null });
  } catch (error) {
    done.push({ error: `${error.name}: ${error.message}` });
  }
}
await writeFile(results, JSON.stringify(done));
