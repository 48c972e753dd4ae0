import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function unchecked(array,index){return array[index]}export{unchecked};
