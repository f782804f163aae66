import type { Labels } from '../../shared/mapTypes.js';

/** Classes and points, with what they were before: each change can be taken back. */
export class LabelHistory {
  private states: Labels[];
  private at = 0;

  constructor(first: Labels) {
    this.states = [first];
  }

  get value(): Labels {
    return this.states[this.at];
  }

  get canUndo(): boolean {
    return this.at > 0;
  }

  get canRedo(): boolean {
    return this.at < this.states.length - 1;
  }

  /** What had been taken back is forgotten. */
  push(next: Labels): void {
    this.states = [...this.states.slice(0, this.at + 1), next];
    this.at++;
  }

  undo(): void {
    this.at = Math.max(0, this.at - 1);
  }

  redo(): void {
    this.at = Math.min(this.states.length - 1, this.at + 1);
  }
}
