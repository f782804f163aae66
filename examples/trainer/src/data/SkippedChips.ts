import { rmSync } from 'node:fs';
import path from 'node:path';
import type { BadChip } from 'diffusion-ssl/data/node';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { Teller } from '../run/RunListener.js';

/** Name of the list in a run's folder. */
const SKIPPED = 'skipped.txt';

/** The chips that a run does without, whoever met them first: each is said once, and all stand in one list. */
export class SkippedChips {
  /** What was said first of each, by its name. */
  private readonly messages = new Map<string, string>();
  private readonly root: string;

  /** @param dataPath The chips' folder, which some messages have before a name. */
  constructor(
    dataPath: string,
    private readonly teller: Pick<Teller, 'warning'>,
  ) {
    this.root = path.join(path.resolve(dataPath), path.sep);
  }

  /** Number of chips. */
  get count(): number {
    return this.messages.size;
  }

  /** Adds chips that could not be used; says those that are new. */
  add(chips: readonly Pick<BadChip, 'message'>[]): void {
    for (const { message } of chips) {
      const name = this.nameIn(message);
      if (this.messages.has(name)) continue;
      this.messages.set(name, message);
      this.teller.warning(`skipped: ${message}`);
    }
  }

  /** Takes those that an earlier part of the run has said. */
  restore(messages: readonly string[]): void {
    for (const message of messages) this.messages.set(this.nameIn(message), message);
  }

  /** So many of the messages, in their order. */
  first(count: number): string[] {
    return [...this.messages.values()].slice(0, count);
  }

  private nameIn(message: string): string {
    return message.replaceAll(this.root, '').split(': ', 1)[0];
  }

  /** Writes the list, whoever met them first, into a run's folder, where there is one. */
  async write(folder: string): Promise<void> {
    const file = path.join(folder, SKIPPED);
    if (this.count === 0) rmSync(file, { force: true });
    else await writeFileAtomic(file, `${[...this.messages.values()].sort().join('\n')}\n`);
  }
}
