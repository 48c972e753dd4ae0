export { possiblePaths } from './documents/find-documents.ts';
export { isTaskText, readTask } from './read-task.ts';
export { isTask, readTaskSuite, textWithTemplates } from './read-task-suite.ts';
export { approvedFiles, LOCAL_FILES, type LocatedFile } from './task-files.ts';
