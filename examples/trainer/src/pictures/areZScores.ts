/** Whether values that are scaled so have mean 0 and standard deviation 1. */
export function areZScores(strategy: string | undefined): boolean {
  return strategy === 'z_value' || strategy === 'whiten';
}
