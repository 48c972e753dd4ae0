import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b}from"./shared-LHAJFLVU.js";import"./shared-UPVF67FB.js";import"./shared-GBQ5GGOM.js";import"./shared-SBITQGD6.js";import"./shared-4BX6RYUN.js";export{a as MAX_MESSAGE,b as reportError};
