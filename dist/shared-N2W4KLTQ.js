import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b,c,d,e}from"./shared-T4TFOPOU.js";import"./shared-N3ZA3KNR.js";export{a as ERROR_CODES,b as UserError,e as describeError,d as isOutOfMemory,c as withErrorCode};
