// The present moment for views. One timer for all of them; it stands still while nobody looks.

export class Clock {
  #now = $state(Date.now());

  /** Milliseconds since 1970, renewed each second. */
  get now(): number {
    return this.#now;
  }

  start(): () => void {
    const tick = () => {
      if (document.visibilityState === 'visible') this.#now = Date.now();
    };
    const timer = setInterval(tick, 1000);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }
}
