import packageJson from '../package.json' with { type: 'json' };

/** The version of this tool, written into every measurement and report. */
export const VERSION: string = packageJson.version;

/** The part of a version that must be the same: patch releases measure alike. */
export function release(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Address of the project, without a slash at the end. */
export const HOME_URL: string = packageJson.homepage;

/** Address of this version's documentation, without a slash at the end. */
export const DOCS_URL = `${HOME_URL}/blob/v${VERSION}/docs`;

/** The action as a workflow names it: OWNER is a placeholder until it is published. */
export const ACTION = `${new URL(HOME_URL).pathname.slice(1)}@v${VERSION.split('.')[0]}`;
