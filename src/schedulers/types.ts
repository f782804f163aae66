/** State of a schedule: plain finite numbers, so that JSON keeps it exactly. */
export interface LrState {
  [name: string]: number | LrState;
}

/** A learning-rate schedule. */
export interface LrScheduler {
  /**
   * The rate in force now, dimensionless. It can be set, as torch's `param_group['lr']` can: a recursive schedule goes
   * on from the value set, one in closed form returns to its own curve at the next step.
   */
  lr: number;
  /** The momentum (β₁ of the Adam family) that goes with the rate, of schedules that cycle it; else absent. */
  readonly momentum?: number;
  /**
   * Ends an epoch (or whatever the schedule counts). `metric` is the validation loss, for schedules that look at it.
   */
  step(metric?: number): void;
  /** What `restore` needs to go on from here, fit for JSON. */
  state(): LrState;
  /**
   * Goes on from a state that `state` of a schedule with the same options gave.
   *
   * @throws If a number of the state is missing or not finite; the schedule is then unchanged.
   */
  restore(state: LrState): void;
}
