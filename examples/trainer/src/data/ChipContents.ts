import { createHash } from 'node:crypto';
import type { ChipList } from 'diffusion-ssl/data';
import type { Teller } from '../run/RunListener.js';
import { chipName } from './chipName.js';
import { refuseChanges } from './refuseChanges.js';

/** Chips whose contents are kept, at most. */
const MOST = 10_000;
/** Characters of a hash, and what stands for one that is not known yet. */
const LENGTH = 8;
const UNKNOWN = ' '.repeat(LENGTH);

/**
 * Hashes of what the chips of a list hold, gathered while they are read: of all, or of 10,000 spread evenly over it.
 * One that differs from what was known before is kept as changed.
 */
export class ChipContents {
  /** One chip in so many is looked at. */
  readonly every: number;
  private readonly hashes: string[];
  private readonly changed = new Set<number>();

  /**
   * @param accept Whether the run goes on with chips that changed.
   * @param teller Tells of those.
   */
  constructor(
    private readonly rows: ChipList,
    private readonly accept: boolean,
    private readonly teller: Pick<Teller, 'warning'>,
  ) {
    this.every = Math.max(1, Math.ceil(rows.length / MOST));
    this.hashes = Array.from({ length: Math.ceil(rows.length / this.every) }, () => UNKNOWN);
  }

  /** A hash of the list itself: names and order. */
  hashOfNames(): string {
    const hash = createHash('sha256');
    for (const row of this.rows) hash.update(`${chipName(row)}\n`);
    return hash.digest('hex');
  }

  /** Takes what an earlier part of the run knew; of a list of another length it says nothing. */
  expect(saved: string): void {
    if (saved.length !== this.hashes.length * LENGTH) return;
    this.hashes.forEach((_, i) => {
      this.hashes[i] = saved.slice(i * LENGTH, (i + 1) * LENGTH);
    });
  }

  /** Takes the hash of a chip that was read. */
  hear(index: number, hash: string): void {
    if (index % this.every !== 0) return;
    const known = this.hashes[index / this.every];
    if (known !== UNKNOWN && known !== hash) this.changed.add(index);
    this.hashes[index / this.every] = hash;
  }

  /** Throws, or warns where changes are accepted, if a chip that was read since the last call has changed. */
  check(): void {
    const names = [...this.changed].map((index) => chipName(this.rows.at(index)!));
    this.changed.clear();
    const what = 'Chips hold other values than when this run read them first';
    const accepted = refuseChanges(what, names, this.accept);
    if (accepted !== undefined) this.teller.warning(accepted);
  }

  /** All hashes, one behind the other. */
  toString(): string {
    return this.hashes.join('');
  }
}
