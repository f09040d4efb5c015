// Filters as they stand in the address, made into what the server is asked.

/** Leaves out what is empty, as the server takes an empty filter for a value. */
export function compact<T extends object>(query: T): Partial<T> {
  const entries = Object.entries(query).filter(([, value]) => value !== '' && value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

/** Words separated by commas. Whether each is known is for the server to say: addresses are typed by people. */
export function list<T extends string>(text: string | undefined): T[] | undefined {
  return text ? (text.split(',') as T[]) : undefined;
}
