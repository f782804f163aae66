import { DataError } from '../../errors/DataError.js';

const advice: Record<string, string> = {
  ENOSPC: 'the disk is full: free space on it or choose another folder',
  EDQUOT: 'the disk quota is used up: delete files or choose another folder',
  EFBIG: 'the file system does not take files of this size: choose another folder',
  EACCES: 'permission denied: make the folder and the file writable for this user or choose another folder',
  EPERM: 'permission denied: make the folder and the file writable for this user or choose another folder',
  EROFS: 'the file system is read-only: choose another folder',
  ENOENT: 'the folder does not exist: create it first',
  ENOTDIR: 'a part of the path is a file: choose another folder',
  EISDIR: 'a folder has this name: remove it or choose another name',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
};

/**
 * An error about a file: which function, which file, what is wrong and what to do. The system's error is its `cause`.
 */
export function fileError(functionName: string, path: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = code in advice ? `${code}, ${advice[code]}` : cause instanceof Error ? cause.message : cause;
  return new DataError(`${functionName}: cannot write '${path}' (${reason}).`, { cause });
}
