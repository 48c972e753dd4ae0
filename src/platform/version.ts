import packageJson from '../../package.json' with { type: 'json' };

/** The version of this tool, written into every measurement and report. */
export const VERSION: string = packageJson.version;

/** Where the documentation of this version is, without a slash at the end. */
export const DOCS_URL = `${packageJson.homepage}/blob/v${VERSION}/docs`;
