import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readWorkspaces } from '../../scripts/workspaces.ts';
import { readJson, repository, temporaryFolder } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';

// The quick form of site.nightly.test.ts for the pages that are not in the repository.
it('writes a page of what each package exports, entry by entry', () => {
  const pages = temporaryFolder();
  execFileSync(process.execPath, [...scriptArguments('scripts/docs/api.ts'), pages], { stdio: 'pipe' });
  for (const folder of readWorkspaces(repository()).folders) {
    const { name, exports } = readJson<{ name: string; exports: object }>(repository(folder, 'package.json'));
    const page = readFileSync(join(pages, `${folder.replace('packages/', '')}.md`), 'utf8');
    expect(page).toContain(`# ${name}\n`);
    const sections = page.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(
      Object.keys(exports).map((entry) => name + entry.slice(1)),
    );
    for (const section of sections) expect(section).toMatch(/^export /m);
  }
});
