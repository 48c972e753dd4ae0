// Prints the section of one version in CHANGELOG.md, for the notes of its release.
// Usage: npx tsx scripts/release/changelog-section.ts v0.2.0 [CHANGELOG.md]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [tag, file = fileURLToPath(new URL('../../CHANGELOG.md', import.meta.url))] = process.argv.slice(2);
const version = tag?.replace(/^v/, '');
const sections = readFileSync(file, 'utf8').split(/^## /m).slice(1);
const section = sections.find((text) => /^\[?([^\]\s]+)/.exec(text)?.[1] === version);
if (section === undefined) {
  console.error(`${file} has no section for ${version}: add "## ${version}" before the release`);
  process.exit(1);
}
console.log(section.slice(section.indexOf('\n') + 1).trim());
