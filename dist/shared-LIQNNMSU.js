import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a,b,c,d,e,f}from"./shared-GG3ISRMY.js";import"./shared-SBITQGD6.js";import"./shared-XDYHKRBZ.js";import"./shared-4BX6RYUN.js";export{e as ProcessStopped,c as StoppableProcess,d as bridgeEntry,a as serveProcess,f as supervise,b as workerEntry};
