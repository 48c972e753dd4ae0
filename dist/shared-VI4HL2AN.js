import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./shared-7S3ETUDE.js";import"./shared-4BX6RYUN.js";export{a as hasAbandonedWork,b as withTimeout};
