import packageJson from '../../package.json' with { type: 'json' };

/** The version of this tool, written into every measurement and report. */
export const VERSION: string = packageJson.version;
