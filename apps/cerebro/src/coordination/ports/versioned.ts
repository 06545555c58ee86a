export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}
