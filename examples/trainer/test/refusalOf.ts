import { expect, vi } from 'vitest';

/** What a command line says before it ends the process: the message of what `parse` refuses. */
export function refusalOf(parse: () => unknown): string {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  expect(parse).toThrow('exit');
  exit.mockRestore();
  write.mockReturnValue(true);
  return written.join('');
}
