// Writes a page of the site for each package: what it exports, as TypeScript declares it, with its comments. site.ts
// runs this before it builds. Usage: npx tsx scripts/docs/api.ts [FOLDER] (docs/packages/, which git ignores)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsc } from '../build/tsc.ts';
import { readWorkspaces } from '../workspaces.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [pages = join(root, 'docs/packages')] = process.argv.slice(2);
const { folders } = readWorkspaces(root);
tsc(root, '-b', ...folders);
mkdirSync(pages, { recursive: true });
for (const workspace of folders) {
  const name = workspace.replace('packages/', '');
  writeFileSync(join(pages, `${name}.md`), pageOf(workspace, join(root, 'node_modules/.cache/types', name)));
}

function pageOf(workspace: string, types: string): string {
  const manifest: { name: string; description: string; exports: Record<string, string> } = JSON.parse(
    readFileSync(join(root, workspace, 'package.json'), 'utf8'),
  );
  const entries = Object.entries(manifest.exports).map(([entry, source]) => {
    const declarations = declarationsOf(join(types, source.replace(/\.ts$/, '.d.ts')));
    return `## ${manifest.name}${entry.slice(1)}\n\n\`\`\`ts\n${declarations.join('\n\n')}\n\`\`\`\n`;
  });
  const head = `---\neditLink: false\n---\n\n# ${manifest.name}\n\n${manifest.description}. What it promises, and an example: [README](../../${workspace}/README.md).\n`;
  return [head, ...entries].join('\n');
}

/** What a file of declarations exports: its own declarations, and those that it passes on by name. */
function declarationsOf(file: string): string[] {
  const statements = statementsOf(file);
  return statements.flatMap((statement) => {
    const passed = /^export (?:type )?\{([^}]*)\} from '(\.[^']+)';$/.exec(statement);
    if (passed === null) return /^(?:\/\*\*[\s\S]*?\*\/\s*)?export /.test(statement) ? [statement] : [];
    const [, names = '', from = ''] = passed;
    const target = join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
    return names.split(',').map((name) => declarationOf(target, name.trim().replace(/^type /, '')));
  });
}

/**
 * One of a package of others is handed on under a name: that statement.
 * @throws Error if a file does not declare the name
 */
function declarationOf(file: string, name: string): string {
  const declares = new RegExp(
    `^export (?:declare )?(?:abstract )?\\w+ ${name}\\b|^export (?:type )?\\{[^}]*\\b${name}\\b`,
    'm',
  );
  const found = statementsOf(file).find((statement) => declares.test(statement));
  if (found === undefined) throw new Error(`${file} does not declare ${name}`);
  return found;
}

/**
 * The statements of a file of declarations, each with the comment before it: TypeScript begins each in the first
 * column.
 */
function statementsOf(file: string): string[] {
  const parts = readFileSync(file, 'utf8').split(/^(?=\/\*\*|export |declare |import )/m);
  const statements: string[] = [];
  let comment = '';
  for (const part of parts) {
    if (part.startsWith('/**')) comment = part.trimEnd();
    else {
      statements.push([comment, part.trim()].filter(Boolean).join('\n'));
      comment = '';
    }
  }
  return statements;
}
