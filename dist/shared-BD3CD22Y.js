import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function n(r,e){return r[e]}export{n as a};
