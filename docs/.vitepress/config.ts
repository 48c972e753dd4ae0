// The documentation as a site: what is in it and in which order, by hand. `npm run docs:site` builds it.
// Read by tests too, which do not have VitePress: its types are not imported.
import { titleAnchor } from '../../scripts/lint/title-anchor.ts';
import { repositoryLinks } from './links.ts';
import { descriptionOf, EXCLUDED, type Part, packagesPart, sidebarOf } from './pages.ts';

/** A name that ends in a slash is a folder: its README.md, and below that its other pages by name. */
export const PARTS: readonly Part[] = [
  {
    title: 'How to',
    folder: 'how-to',
    pages: [
      ...['lora-on-a-laptop', '1b-on-a-hosted-runner', '7b-on-a-gpu-runner', '70b-with-vllm'],
      ...['own-benchmark', 'lm-eval-logs', 'accepting-a-loss', 'it-no-longer-stops', 'calibration'],
      ...['quantizing', 'merge', 'nightly', 'matrix', 'forks', 'unforgeable', 'other-ci', 'engines'],
    ],
  },
  {
    title: 'Reference',
    folder: 'reference',
    pages: [
      ...['cli', 'action', 'policy', 'comment', 'report', 'findings', 'troubleshooting', 'glossary'],
      ...[
        'probes',
        'tasks',
        'benchmarks',
        'metrics',
        'checkpoints',
        'language-model',
        'servers',
        'attestation',
        'threat-model',
      ],
    ],
  },
  {
    title: 'Lab notes',
    folder: 'lab-notes',
    pages: [
      ...['evidence', 'performance', 'gpu', 'fail-closed', 'status'],
      ...['architecture', 'adding-a-model', 'fuzzing', 'decisions/'],
    ],
  },
];

/** `owner/name` on GitHub. */
const REPOSITORY = process.env.GITHUB_REPOSITORY ?? 'OWNER/shadow-gate';
const GITHUB = `https://github.com/${REPOSITORY}`;
/** The version that is built, and all in the menu. `main` is at the root, others are in folders of their names. */
const { SITE_VERSION = 'main', SITE_VERSIONS = 'main' } = process.env;
const BASE = process.env.SITE_BASE ?? '/shadow-gate/';
const isMain = SITE_VERSION === 'main';

const docs = new URL('..', import.meta.url);

export default {
  title: 'Shadow Gate',
  description: 'A merge check for language models: did a checkpoint learn the skill, or only the exam?',
  lang: 'en-US',
  base: BASE,
  outDir: '../out/site',
  cacheDir: 'node_modules/.cache/vitepress',
  srcExclude: EXCLUDED.map((folder) => `${folder}**`),
  rewrites: { 'README.md': 'index.md', ':folder(.*)/README.md': ':folder/index.md' },
  // As GitHub Pages serves them.
  cleanUrls: true,
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${BASE}logo.svg` }],
    // Outdated pages should not be found before those of main.
    ...(isMain ? [] : [['meta', { name: 'robots', content: 'noindex' }]]),
  ],
  markdown: {
    // The two of GitHub's themes that have enough contrast.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' },
    // As GitHub renders: no attributes in braces.
    attrs: { disable: true },
    anchor: { slugify: titleAnchor },
    image: { lazyLoading: true },
    config: repositoryLinks({ docs, github: GITHUB, ref: SITE_VERSION }),
  },
  transformPageData: ({ filePath }: { readonly filePath: string }) => ({
    description: descriptionOf(new URL(filePath, docs)),
    ...(filePath === 'README.md' && { frontmatter: { sidebar: false, aside: false, pageClass: 'first-page' } }),
  }),
  // An error while a page is rendered is printed, and its content is left out.
  transformHtml: (html: string, file: string) => {
    if (!html.includes('<h1') && !file.endsWith('404.html')) throw new Error(`${file} has no content`);
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      ...PARTS.map(({ title, folder, pages: [first] }) => ({
        text: title,
        link: `/${folder}/${first}`,
        activeMatch: `^/${folder}/`,
      })),
      {
        text: SITE_VERSION,
        items: SITE_VERSIONS.split(' ').map((version) => ({
          text: version,
          // From the base of this version to that of the other, in a page load of its own.
          link: `/${isMain ? '' : '../'}${version === 'main' ? '' : `${version}/`}`,
          target: '_self',
        })),
      },
    ],
    sidebar: sidebarOf([...PARTS, ...packagesPart(docs)], docs),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: GITHUB }],
    externalLinkIcon: false,
    ...(isMain && { editLink: { pattern: `${GITHUB}/edit/main/docs/:path`, text: 'Edit this page' } }),
  },
};
