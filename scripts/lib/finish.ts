/** Ends a check: prints every problem and fails, or prints the one line that says what was checked. */
export function finish(problems: readonly string[], result: string): void {
  if (problems.length === 0) {
    console.log(result);
    return;
  }
  for (const problem of problems) console.error(problem);
  console.error(`${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  process.exitCode = 1;
}
