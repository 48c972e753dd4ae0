import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import process from"node:process";import{Worker}from"node:worker_threads";var PARENT="SHADOW_GATE_PARENT",endsWithThisProcess=()=>({[PARENT]:String(process.pid)}),hasParent=()=>process.env[PARENT]!==void 0&&process.send!==void 0,watch=parent=>`
  setInterval(() => {
    if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL');
  }, 500);
`;function endWithParent(){let parent=Number(process.env[PARENT]);delete process.env[PARENT],process.on("disconnect",()=>process.kill(process.pid,"SIGKILL")),new Worker(watch(parent),{eval:!0,execArgv:[]}).unref()}export{endsWithThisProcess,hasParent,endWithParent};
