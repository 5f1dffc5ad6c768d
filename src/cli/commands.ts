import type { CommandModule } from "./command.js";

export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<{ command: CommandModule }>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "info", summary: "what is here, and which points can be rebuilt", load: () => import("./commands/info.js") },
  { name: "verify", summary: "is it sound, and would a server start", load: () => import("./commands/verify.js") },
  { name: "restore", summary: "a new data directory at a point", load: () => import("./commands/restore.js") },
  { name: "log", summary: "the transactions, one a line", load: () => import("./commands/log.js") },
  { name: "ls", summary: "a znode's children", load: () => import("./commands/ls.js") },
  { name: "tree", summary: "a subtree, drawn as a tree", load: () => import("./commands/tree.js") },
  { name: "cat", summary: "a znode's data, as it is", load: () => import("./commands/cat.js") },
  { name: "stat", summary: "all about a znode but its data", load: () => import("./commands/stat.js") },
  { name: "export", summary: "the tree or the transactions as JSON", load: () => import("./commands/export.js") },
  { name: "history", summary: "every change to a znode, and who made it", load: () => import("./commands/history.js") },
  { name: "session", summary: "one session's life", load: () => import("./commands/session.js") },
  { name: "sessions", summary: "which sessions are open at a point", load: () => import("./commands/sessions.js") },
  { name: "diff", summary: "what differs between two points or sources", load: () => import("./commands/diff.js") },
  { name: "find", summary: "find znodes, and what may go wrong with them", load: () => import("./commands/find.js") },
  { name: "du", summary: "what takes the space", load: () => import("./commands/du.js") },
  { name: "undo", summary: "the way back, as a script to review", load: () => import("./commands/undo.js") },
  {
    name: "compare",
    summary: "several servers: what they share, where they part",
    load: () => import("./commands/compare.js"),
  },
  {
    name: "salvage",
    summary: "sound copies of damaged files, with an exact account",
    load: () => import("./commands/salvage.js"),
  },
  {
    name: "explain",
    summary: "what a line of a server's log means, and what to do",
    load: () => import("./commands/explain.js"),
  },
  {
    name: "shell",
    summary: "an interactive prompt for the tree at any point in time",
    load: () => import("./commands/shell.js"),
  },
  {
    name: "completion",
    summary: "a completion script for bash, zsh or fish",
    load: () => import("./commands/completion.js"),
  },
];
