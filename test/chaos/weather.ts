/** What a bad cable does to packets. */
export interface Weather {
  /** Milliseconds that every packet takes. */
  readonly delayMillis: number;
  /** Shares, 0 to 1. */
  readonly lostShare: number;
  readonly lateShare: number;
  /** Milliseconds that a late packet takes more, so that others overtake it. */
  readonly lateMillis: number;
}

export const fair: Weather = { delayMillis: 0, lostShare: 0, lateShare: 0, lateMillis: 0 };

/** What has become of the frames so far, both ways together. */
export interface Passed {
  frames: number;
  lost: number;
  late: number;
}
