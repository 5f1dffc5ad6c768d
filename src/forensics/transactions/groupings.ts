/** What transactions can be counted by. */
export const GROUPINGS = ["op", "path", "session", "minute"] as const;

export type Grouping = (typeof GROUPINGS)[number];
