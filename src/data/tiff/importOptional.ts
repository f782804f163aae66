/**
 * Imports an optional package.
 *
 * @param use What it is needed for.
 * @throws If it is not installed: the message has the line that installs it.
 */
export async function importOptional<T>(name: string, use: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new Error(`for ${use} the package '${name}' is needed: npm install ${name}`, { cause: error });
  }
}
