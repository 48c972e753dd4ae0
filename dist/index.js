import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a as o}from"./shared-N7TNI4PY.js";import"./shared-N3ZA3KNR.js";await o({work:async()=>{let{start:t}=await import("./shared-ZXZUQGU6.js"),{hasAbandonedWork:e}=await import("./shared-TNCREOGI.js");await t(process.env,()=>new Date),e()&&process.exit()},onDeath:t=>process.stdout.write(`::error::${t}
`),exitCode:1});
