import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{hasAbandonedWork,withTimeout}from"./shared-github-with-timeout-2.js";import"./shared-empty-2.js";export{hasAbandonedWork,withTimeout};
