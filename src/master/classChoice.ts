/**
 * Of which class the next user is: first what is missing of fixed counts, then by weight. Pure.
 */
import { ClassPicker } from './classPicker.js';

/** A user class as the master knows it. */
export interface ClassPlan {
  readonly name: string;
  /** Share among the classes without a fixed count; 0: none. */
  readonly weight: number;
  /** Above 0: exactly that many users, started before all others. */
  readonly fixedCount: number;
}

/** Fixed users that are still to be placed before any other. */
interface MissingFixed {
  readonly picker: ClassPicker;
  left: number;
}

export class ClassChoice {
  /** Indices of the classes that new users come from. */
  #chosen: readonly number[];
  #weighted: ClassPicker;
  #fixed: MissingFixed = { picker: new ClassPicker([]), left: 0 };
  /** Fixed counts may not be met: look before the next pick. */
  #tryFixed = true;

  /** `classes`: sorted by name; a class is its index among them. */
  constructor(private readonly classes: readonly ClassPlan[]) {
    this.#chosen = classes.map((_, index) => index);
    this.#weighted = this.#weightedPicker();
  }

  /** From now on new users come only from these. */
  choose(userClasses: readonly string[]): void {
    const wanted = new Set(userClasses);
    const chosen = this.classes.flatMap(({ name }, index) => (wanted.has(name) ? [index] : []));
    if (chosen.length === this.#chosen.length && chosen.every((index, at) => index === this.#chosen[at])) return;
    this.#chosen = chosen;
    this.#weighted = this.#weightedPicker();
    this.#fixed = { picker: new ClassPicker([]), left: 0 };
    this.#tryFixed = true;
  }

  /** Users were taken back: fixed ones may be among them. */
  taken(): void {
    this.#tryFixed = true;
  }

  /** Index of the class of the next user; -1 when no class wants one more. `totals`: users by class index. */
  next(totals: Uint32Array): number {
    if (this.#fixed.left === 0 && this.#tryFixed) {
      this.#tryFixed = false;
      this.#fixed = this.#missingFixed(totals);
    }
    if (this.#fixed.left === 0) return this.#weighted.next();
    this.#fixed.left--;
    return this.#fixed.picker.next();
  }

  #weightedPicker(): ClassPicker {
    const weighted = this.#chosen.map((index) => ({ index, plan: this.classes[index]! }));
    const free = weighted.filter(({ plan }) => plan.fixedCount <= 0);
    return new ClassPicker(free.map(({ index, plan }) => ({ index, weight: plan.weight })));
  }

  #missingFixed(totals: Uint32Array): MissingFixed {
    const missing = this.#chosen
      .map((index) => ({ index, weight: this.classes[index]!.fixedCount - totals[index]! }))
      .filter(({ weight }) => weight > 0);
    return { picker: new ClassPicker(missing), left: missing.reduce((sum, { weight }) => sum + weight, 0) };
  }
}
