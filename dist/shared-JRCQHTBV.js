import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./shared-GIPTQQOX.js";import"./shared-LE3YCXWE.js";import"./shared-TQIOEHXH.js";import"./shared-SBITQGD6.js";import"./shared-4BX6RYUN.js";export{a as MAX_MESSAGE,b as reportError};
