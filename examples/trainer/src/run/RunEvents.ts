import type { RunListener } from './RunListener.js';

type Arguments<Name extends keyof RunListener> = Parameters<Required<RunListener>[Name]>;

/** Several listeners as one: each is told in turn. */
export class RunEvents implements Required<RunListener> {
  constructor(private readonly listeners: readonly RunListener[]) {}

  note(...about: Arguments<'note'>): void {
    for (const listener of this.listeners) listener.note?.(...about);
  }

  warning(...about: Arguments<'warning'>): void {
    for (const listener of this.listeners) listener.warning?.(...about);
  }

  async started(...about: Arguments<'started'>): Promise<void> {
    for (const listener of this.listeners) await listener.started?.(...about);
  }

  stepped(...about: Arguments<'stepped'>): void {
    for (const listener of this.listeners) listener.stepped?.(...about);
  }

  async epochEnded(...about: Arguments<'epochEnded'>): Promise<void> {
    for (const listener of this.listeners) await listener.epochEnded?.(...about);
  }

  async checkpointSaved(...about: Arguments<'checkpointSaved'>): Promise<void> {
    for (const listener of this.listeners) await listener.checkpointSaved?.(...about);
  }

  async epochSaved(...about: Arguments<'epochSaved'>): Promise<void> {
    for (const listener of this.listeners) await listener.epochSaved?.(...about);
  }

  async samplesDrawn(...about: Arguments<'samplesDrawn'>): Promise<void> {
    for (const listener of this.listeners) await listener.samplesDrawn?.(...about);
  }

  pictureDrawn(...about: Arguments<'pictureDrawn'>): void {
    for (const listener of this.listeners) listener.pictureDrawn?.(...about);
  }

  finished(...about: Arguments<'finished'>): void {
    for (const listener of this.listeners) listener.finished?.(...about);
  }

  stopped(...about: Arguments<'stopped'>): void {
    for (const listener of this.listeners) listener.stopped?.(...about);
  }
}
