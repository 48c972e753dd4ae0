import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{MAX_MESSAGE,reportError}from"./shared-cli-report-error-2.js";import"./shared-report-escape-2.js";import"./shared-platform-public-key.js";import"./shared-platform-user-error.js";import"./shared-empty-2.js";export{MAX_MESSAGE,reportError};
