/** Warns where a run goes on with another build of a backend than that which it was saved on. */
export function warnOfBuild(before: string, now: string, warn: (text: string) => void): void {
  if (before !== now) warn(`The run was on '${before}', this is '${now}': results differ in the last bits.`);
}
