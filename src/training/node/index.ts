export { acquireLock, type FileLock, type LockOptions } from './acquireLock.js';
export { type CsvLog, type CsvLogOptions, type CsvLogRow, createCsvLog } from './createCsvLog.js';
export {
  createJsonLinesLog,
  type JsonLinesLog,
  type JsonLinesLogOptions,
  type JsonLinesRecord,
} from './createJsonLinesLog.js';
export {
  createTensorBoardLog,
  type TensorBoardLog,
  type TensorBoardLogOptions,
} from './createTensorBoardLog.js';
export { folderFiles } from './folderFiles.js';
export { LockError, type LockOwner } from './LockError.js';
export { nodeFileHandler } from './nodeFileHandler.js';
export { type PrepareFolderOptions, prepareFolder } from './prepareFolder.js';
export { writeFileAtomic } from './writeFileAtomic.js';
