import { BackendError } from '../../errors/BackendError.js';
/**
 * Imports an optional peer.
 *
 * @throws If it is not installed, or does not load: the message says which, and what to do.
 */
export async function importPeer<T>(name: string, install = `npm install ${name}@4.22.0`): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`);
    const reason = missing ? 'is not installed' : `does not load: ${message.split('\n')[0]}`;
    throw new BackendError(`${name} ${reason} (${install})`, { cause: error });
  }
}
