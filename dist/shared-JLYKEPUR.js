import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./shared-NA3EOSVR.js";import"./shared-LE3YCXWE.js";import"./shared-T4TFOPOU.js";import"./shared-N3ZA3KNR.js";export{a as MAX_MESSAGE,b as reportError};
