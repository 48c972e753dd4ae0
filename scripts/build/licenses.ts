import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';

/** Packages whose license text is in their repository and not in their npm package. */
const ONNXRUNTIME = `Copyright (c) Microsoft Corporation

${mit()}

The library contains works of others; their notices, of the version named above:
https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt`;
const ELSEWHERE: Readonly<Record<string, string>> = {
  'onnxruntime-node': ONNXRUNTIME,
  'onnxruntime-common': ONNXRUNTIME,
  '@nodable/entities': `Copyright (c) Amit Gupta\n\n${mit()}`,
  isarray: `Copyright (c) Julian Gruber\n\n${mit()}`,
  // Copyright by the author in the manifest; for imurmurhash, as in its README.
  '@npmcli/agent': `Copyright (c) GitHub Inc.\n\n${isc()}`,
  'err-code': `Copyright (c) IndigoUnited\n\n${mit()}`,
  imurmurhash: `Copyright (c) 2013 Gary Court, Jens Taylor\n\n${mit()}`,
};

const INTRODUCTION = 'The files in this folder contain the packages below.\n\n';
const BETWEEN_CHAPTERS = `\n${'-'.repeat(80)}\n\n`;
/** A package whose text is in another one of its repository. */
const SAME_REPOSITORY: Readonly<Record<string, string>> = { '@sigstore/verify': '@sigstore/bundle' };

/**
 * The licenses of all packages that went into a bundle.
 * @param root the repository
 * @throws if a package has no license text: then look it up and add it here
 */
export async function licensesOf(metafile: Metafile, root: string): Promise<string> {
  const folders = new Set(Object.keys(metafile.inputs).flatMap((input) => packageFolder(input) ?? []));
  const entries = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license }: Manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const shared = SAME_REPOSITORY[name];
    const own = shared === undefined ? folder : join('node_modules', shared);
    const text = ELSEWHERE[name] ?? (await licenseText(join(root, own)));
    if (text === undefined) throw new Error(`${name} comes without the text of its license (${license})`);
    entries.push({ title: `${name} ${version} (${license})`, text: text.replaceAll('\r\n', '\n').trim() });
  }
  // The same package may be nested twice.
  const unique = new Map(entries.map((entry) => [entry.title, entry.text]));
  const chapters = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, text]) => `${title}\n\n${text}\n`);
  return `${INTRODUCTION}${chapters.join(BETWEEN_CHAPTERS)}`;
}

/**
 * The packages of a bundle, from the file with their licenses: `name@version`.
 * @throws if it is not such a file
 */
export function packagesOfLicenses(text: string): string[] {
  if (!text.startsWith(INTRODUCTION)) throw new Error('this is no licenses.txt of a bundle');
  const chapters = text.slice(INTRODUCTION.length).split(BETWEEN_CHAPTERS);
  return chapters.map((chapter) => {
    const [, name, version] = /^(\S+) (\S+) \(.*\)\n\n/.exec(chapter) ?? [];
    if (name === undefined) throw new Error(`a license without its package: ${chapter.slice(0, 80)}`);
    return `${name}@${version}`;
  });
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/lib/d.js`. */
function packageFolder(input: string): string | undefined {
  const parts = input.split(/[\\/]/);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return undefined;
  const length = parts[at + 1]?.startsWith('@') ? 2 : 1;
  return parts.slice(0, at + 1 + length).join(sep);
}

async function licenseText(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => /^licen[cs]e/i.test(name)).sort();
  if (names.length === 0) return undefined;
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n');
}

function mit(): string {
  return `MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;
}

function isc(): string {
  return `ISC License

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.`;
}
