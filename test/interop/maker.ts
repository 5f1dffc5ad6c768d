/** What made the fixtures: a server with many small logs, and clients that do everything at once. */
export interface Maker {
  Server: new (
    work: string,
    dataDir: string,
    options: { version: string; snapCount: number },
  ) => {
    start(): Promise<void>;
    stop(signal?: string): Promise<void>;
    workload(...args: (string | number)[]): Promise<void>;
  };
}
