// Prints the SBOM of dist/ in CycloneDX's JSON: what npm knows of the packages that licenses.txt there names, and of
// our own. Usage: npx tsx scripts/release/sbom.ts [LICENSES]
//
// `npm sbom` alone lists all that is installed, most of which is in no bundle. With `--omit dev` it still lists a
// hundred packages of which nothing is in the bundle, and leaves out those that are and that any package.json also has
// as a development dependency.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packagesOfLicenses } from '../build/licenses.ts';

/** What is used of CycloneDX 1.5. A `bom-ref` of npm is `name@version`. */
interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly externalReferences?: readonly { readonly url: string }[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const [licenses = `${root}/dist/licenses.txt`] = process.argv.slice(2);

const bundled = packagesOfLicenses(readFileSync(licenses, 'utf8'));
const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const all: Sbom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }));

const own = all.metadata.component;
const isInDist = ({ 'bom-ref': ref }: Component) => bundled.includes(ref) || ref.startsWith('@shadow-gate/');
const components = all.components.filter(isInDist);
const known = new Set([own, ...components].map((component) => component['bom-ref']));
const unknown = bundled.filter((ref) => !known.has(ref));
if (unknown.length > 0) throw new Error(`npm does not know what is in dist/: ${unknown.join(', ')}`);

const sbom: Sbom = {
  ...all,
  metadata: { ...all.metadata, component: corrected(own) },
  components: components.map(corrected),
  dependencies: all.dependencies
    .filter(({ ref }) => known.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => known.has(other)) })),
};
console.log(JSON.stringify(sbom, null, 2));

/**
 * npm calls a package of this repository by its folder, and passes on addresses that CycloneDX does not take, such as
 * git@github.com:a/b.
 */
function corrected({ externalReferences = [], ...component }: Component): Component {
  const ref = component['bom-ref'];
  const name = ref.slice(0, ref.lastIndexOf('@'));
  return { ...component, name, externalReferences: externalReferences.filter(({ url }) => URL.canParse(url)) };
}
