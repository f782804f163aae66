import { rmSync } from 'node:fs';
import path from 'node:path';
import type { BadChip } from 'diffusion-ssl/data/node';
import { writeFileAtomic } from 'diffusion-ssl/training/node';

/** Name of the list in a run's folder. */
const SKIPPED = 'skipped.txt';

/** The chips that a run does without, whoever met them first: each is said once, and all stand in one list. */
export class SkippedChips {
  private readonly messages = new Set<string>();

  /** Number of chips. */
  get count(): number {
    return this.messages.size;
  }

  /** Adds chips that could not be used; says those that are new. */
  add(chips: readonly Pick<BadChip, 'message'>[]): void {
    for (const { message } of chips) {
      if (this.messages.has(message)) continue;
      this.messages.add(message);
      console.warn(`skipped: ${message}`);
    }
  }

  /** Writes the list into a run's folder, where there is one. */
  async write(folder: string): Promise<void> {
    const file = path.join(folder, SKIPPED);
    if (this.count === 0) rmSync(file, { force: true });
    else await writeFileAtomic(file, `${[...this.messages].join('\n')}\n`);
  }
}
