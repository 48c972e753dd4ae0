#!/usr/bin/env node
// Checks the version behind the alias `candidate` of a registered model in MLflow, and moves `champion` to it if the
// check passes.
//
//   MLFLOW_TRACKING_URI=https://mlflow.example.com node gate.mjs MODEL [options of shadow-gate check]
//   MLFLOW_TRACKING_URI=https://mlflow.example.com node gate.mjs llm --reference models/base --policy shadow-gate.yml --out report
//
// Exits as `shadow-gate check` does, and with 2 if nothing was judged or promoted for another reason.
// MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, are sent if they are set. More:
// docs/how-to/other-ci.md of Shadow Gate.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD } = process.env;
/** How the gate is called: pin a version, or name a clone (`node path/to/shadow-gate/dist/cli.js`). */
const { SHADOW_GATE = 'npx --yes --ignore-scripts shadow-gate' } = process.env;
const EXIT = { couldNotJudge: 2, inconclusive: 3 };
/** With any other one there is no report of this run. */
const JUDGED = [0, 1, EXIT.inconclusive];

/** Ends the run with a line, and promotes nothing. */
class Refusal extends Error {}

async function main([model, ...options]) {
  if (model === undefined || model.startsWith('-')) throw new Refusal('usage: node gate.mjs MODEL [options of check]');
  if (!/^https?:/.test(MLFLOW_TRACKING_URI ?? ''))
    throw new Refusal('set MLFLOW_TRACKING_URI to the address of a server');
  // Read once: whatever the alias says later, this version is what is checked, tagged and promoted.
  const candidate = await versionOf(model, 'candidate');
  const champion = await versionOf(model, 'champion');
  if (candidate === champion) {
    console.log(`version ${candidate} of ${model} is the champion already`);
    return 0;
  }
  const work = await mkdtemp(join(tmpdir(), 'shadow-gate-mlflow-'));
  try {
    const checkpoint = await fetchVersion(model, candidate, join(work, 'candidate'));
    const baseline = await fetchVersion(model, champion, join(work, 'champion'));
    const { values } = parseArgs({ args: options, options: { out: { type: 'string' } }, strict: false });
    const out = values.out ?? join(work, 'report');
    // If an option is given twice, the last one counts.
    const code = await check([...options, '--checkpoint', checkpoint, '--baseline', baseline, '--out', out]);
    if (!JUDGED.includes(code)) return code;
    const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
    await tag(model, candidate, {
      verdict: report.verdict,
      digest: report.candidate.digest,
      baseline: champion,
      'baseline-digest': report.baseline?.digest ?? 'none',
      version: report.tool.version,
    });
    if (code !== 0) return code;
    // With --allow-inconclusive.
    if (!['pass', 'warn'].includes(report.verdict)) return EXIT.inconclusive;
    await promote(model, candidate, champion);
    return 0;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * MLflow sets an alias unconditionally, so a moment remains between looking and setting: let one job at a time run for
 * a model.
 */
async function promote(model, candidate, champion) {
  const now = await versionOf(model, 'champion');
  if (now !== champion) {
    throw new Refusal(
      `champion is version ${now} now, and version ${candidate} was compared with ${champion}: run again`,
    );
  }
  await post('registered-models/alias', { name: model, alias: 'champion', version: candidate });
  console.log(`champion of ${model}: version ${champion} → ${candidate}`);
}

async function versionOf(model, alias) {
  const { model_version: found } = await get('registered-models/alias', { name: model, alias });
  return found.version;
}

async function tag(model, version, values) {
  for (const [key, value] of Object.entries(values)) {
    await post('model-versions/set-tag', { name: model, version, key: `shadow-gate.${key}`, value });
  }
}

/** The files of a version in a folder. @returns the folder */
async function fetchVersion(model, version, folder) {
  const { artifact_uri: uri } = await get('model-versions/get-download-uri', { name: model, version });
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  if (uri.startsWith('/')) return uri;
  // Without a host: the server passes them on, whatever store is behind it.
  const path = /^mlflow-artifacts:\/(?!\/)(.+)$/.exec(uri)?.[1];
  if (path === undefined) {
    throw new Refusal(
      `version ${version} is at ${uri}: let the server pass artifacts on (--artifacts-destination), or mount them`,
    );
  }
  await fetchFolder(decodeURIComponent(path), folder);
  return folder;
}

async function fetchFolder(path, folder) {
  const { files = [] } = await (await request(`mlflow-artifacts/artifacts?${new URLSearchParams({ path })}`)).json();
  for (const { path: name, is_dir: isFolder } of files) {
    if (!/^[^/\\]+$/.test(name) || name === '..')
      throw new Refusal(`${path} has a file of the name ${JSON.stringify(name)}`);
    if (isFolder) await fetchFolder(`${path}/${name}`, join(folder, name));
    else await fetchFile(`${path}/${name}`, join(folder, name));
  }
}

async function fetchFile(path, file) {
  const { body } = await request(`mlflow-artifacts/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`);
  await mkdir(dirname(file), { recursive: true });
  await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), createWriteStream(file));
}

function check(options) {
  const [command, ...first] = SHADOW_GATE.split(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, 'check', ...options], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? EXIT.couldNotJudge));
  });
}

async function get(path, query) {
  return (await request(`mlflow/${path}?${new URLSearchParams(query)}`)).json();
}

async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  return (await request(`mlflow/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

async function request(path, { headers = {}, ...rest } = {}) {
  const basic = Buffer.from(`${MLFLOW_TRACKING_USERNAME}:${MLFLOW_TRACKING_PASSWORD}`).toString('base64');
  const login = MLFLOW_TRACKING_TOKEN
    ? `Bearer ${MLFLOW_TRACKING_TOKEN}`
    : MLFLOW_TRACKING_USERNAME && `Basic ${basic}`;
  const address = `${MLFLOW_TRACKING_URI.replace(/\/$/, '')}/api/2.0/${path}`;
  const response = await fetch(address, { headers: { ...headers, ...(login && { authorization: login }) }, ...rest });
  if (response.ok) return response;
  throw new Refusal(`MLflow answers ${response.status} to ${path}: ${(await response.text()).slice(0, 500)}`);
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Refusal ? `gate: ${error.message}` : error);
  return EXIT.couldNotJudge;
});
