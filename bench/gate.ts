/** Holds the work of a contender while it is another's turn. */
export class Gate {
  isOpen = false;
  #waiting: (() => void)[] = [];

  /** Calls back at once, or when the gate opens. */
  pass(goOn: () => void): void {
    if (this.isOpen) goOn();
    else this.#waiting.push(goOn);
  }

  /** For tasks: `if (!gate.isOpen) await gate.opened()`. */
  opened(): Promise<void> {
    return new Promise((resolve) => this.pass(resolve));
  }

  open(): void {
    this.isOpen = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }

  close(): void {
    this.isOpen = false;
  }
}
