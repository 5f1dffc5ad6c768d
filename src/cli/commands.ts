import type { CommandModule } from "./command.js";

export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<{ command: CommandModule }>;
  /** Whether it has --redact. Without: what writes data directories as they are, or prints nothing that files hold. */
  redacts: boolean;
  /** Whether findings make its exit code, and --strict has them count. */
  finds: boolean;
  /** Whether it works at the shell's prompt, with the shell's source and point. */
  inShell: boolean;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "info",
    summary: "what is here, and which points can be rebuilt",
    load: () => import("./commands/info.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "verify",
    summary: "is it sound, and would a server start",
    load: () => import("./commands/verify.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "restore",
    summary: "a new data directory at a point",
    load: () => import("./commands/restore.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "build",
    summary: "a data directory from an export, edited or not",
    load: () => import("./commands/build.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "log",
    summary: "the transactions, one a line",
    load: () => import("./commands/log.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "ls",
    summary: "a znode's children",
    load: () => import("./commands/ls.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "tree",
    summary: "a subtree, drawn as a tree",
    load: () => import("./commands/tree.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "cat",
    summary: "a znode's data, as it is",
    load: () => import("./commands/cat.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "stat",
    summary: "all about a znode but its data",
    load: () => import("./commands/stat.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "export",
    summary: "the tree or the transactions as JSON",
    load: () => import("./commands/export.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "history",
    summary: "every change to a znode, and who made it",
    load: () => import("./commands/history.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "session",
    summary: "one session's life",
    load: () => import("./commands/session.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "sessions",
    summary: "which sessions are open at a point",
    load: () => import("./commands/sessions.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "diff",
    summary: "what differs between two points or sources",
    load: () => import("./commands/diff.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "find",
    summary: "find znodes, and what may go wrong with them",
    load: () => import("./commands/find.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "du",
    summary: "what takes the space",
    load: () => import("./commands/du.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "undo",
    summary: "the way back, as a script to review",
    load: () => import("./commands/undo.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "compare",
    summary: "several servers: what they share, where they part",
    load: () => import("./commands/compare.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "salvage",
    summary: "sound copies of damaged files, with an exact account",
    load: () => import("./commands/salvage.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "explain",
    summary: "what a line of a server's log means, and what to do",
    load: () => import("./commands/explain.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "shell",
    summary: "an interactive prompt for the tree at any point in time",
    load: () => import("./commands/shell.js"),
    redacts: false,
    finds: false,
    inShell: false,
  },
  {
    name: "completion",
    summary: "a completion script for bash, zsh or fish",
    load: () => import("./commands/completion.js"),
    redacts: false,
    finds: false,
    inShell: false,
  },
];
