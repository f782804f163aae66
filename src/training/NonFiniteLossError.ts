/** A training step met a loss that is NaN or infinite; the weights are as before the step. */
export class NonFiniteLossError extends Error {
  override readonly name = 'NonFiniteLossError';

  constructor(readonly loss: number) {
    super(
      `trainStep: the loss is ${loss}; no weight was changed. Check the chips of this batch for extreme values, ` +
        'or lower the learning rate.',
    );
  }
}
