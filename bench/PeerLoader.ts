import { PeerProcess } from './PeerProcess.js';

/** A torch DataLoader in a process of its own (`peers/epochs.py`). */
export class PeerLoader extends PeerProcess {
  /** Runs an epoch. @param windows Those to read, [top, left]; default: all its chips in an order of its own. */
  async epoch(windows: readonly (readonly [number, number])[] | null): Promise<{ chipsPerSecond: number }> {
    return this.ask({ epoch: windows });
  }

  /** How far its chips, of these numbers or windows, differ at most from the values in a file, one after the other. */
  async difference(check: string, chips: readonly unknown[]): Promise<number> {
    return (await this.ask<{ difference: number }>({ check, chips })).difference;
  }
}
