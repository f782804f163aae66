/** Names shown of a longer list. */
const SHOWN = 5;

/**
 * Says what a run has depended on and is no longer what it was.
 *
 * @param accept Whether the user goes on with it all the same.
 * @returns A warning, if there is anything.
 * @throws If there is anything, and it is not accepted.
 */
export function refuseChanges(what: string, changed: readonly string[], accept: boolean): string | undefined {
  if (changed.length === 0) return undefined;
  const others = changed.length > SHOWN ? ` and ${changed.length - SHOWN} more` : '';
  const text = `${what}: ${changed.slice(0, SHOWN).join(', ')}${others}.`;
  if (!accept)
    throw new Error(`${text} Put it back as it was, or go on with it by --resume --accept-changes.`);
  return `${text} It is accepted.`;
}
