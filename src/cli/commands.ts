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
    summary: "list the files, and the points that can be rebuilt",
    load: () => import("./commands/info.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "verify",
    summary: "check the files, and say whether a server would start",
    load: () => import("./commands/verify.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "restore",
    summary: "write a new data directory, as of a point",
    load: () => import("./commands/restore.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "build",
    summary: "write a data directory from an export, edited or not",
    load: () => import("./commands/build.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "convert",
    summary: "write a snapshot in another layout or compression",
    load: () => import("./commands/convert.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "log",
    summary: "list the transactions, one per line",
    load: () => import("./commands/log.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "ls",
    summary: "list a znode's children",
    load: () => import("./commands/ls.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "tree",
    summary: "draw a subtree",
    load: () => import("./commands/tree.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "cat",
    summary: "print a znode's data",
    load: () => import("./commands/cat.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "stat",
    summary: "print a znode's stat, ACL and owner",
    load: () => import("./commands/stat.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "export",
    summary: "write the tree or the transactions as JSON or CSV",
    load: () => import("./commands/export.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "history",
    summary: "list every change to a znode, and who made it",
    load: () => import("./commands/history.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "session",
    summary: "show what one session did",
    load: () => import("./commands/session.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "sessions",
    summary: "list the sessions that are open at a point",
    load: () => import("./commands/sessions.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "diff",
    summary: "compare two points or sources",
    load: () => import("./commands/diff.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "find",
    summary: "find znodes, and audit them",
    load: () => import("./commands/find.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "du",
    summary: "show what takes the space",
    load: () => import("./commands/du.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "undo",
    summary: "write a script that undoes changes, for review",
    load: () => import("./commands/undo.js"),
    redacts: true,
    finds: true,
    inShell: true,
  },
  {
    name: "compare",
    summary: "compare servers: what they share, where they diverge",
    load: () => import("./commands/compare.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "salvage",
    summary: "write sound copies of damaged files, with an exact account",
    load: () => import("./commands/salvage.js"),
    redacts: false,
    finds: true,
    inShell: false,
  },
  {
    name: "explain",
    summary: "explain a line of a server's log, and say what to do",
    load: () => import("./commands/explain.js"),
    redacts: true,
    finds: true,
    inShell: false,
  },
  {
    name: "shell",
    summary: "explore the tree at any point in time, at a prompt",
    load: () => import("./commands/shell.js"),
    redacts: false,
    finds: false,
    inShell: false,
  },
  {
    name: "explore",
    summary: "look at it all in a browser, on this machine",
    load: () => import("./commands/explore.js"),
    redacts: false,
    finds: false,
    inShell: false,
  },
  {
    name: "completion",
    summary: "print a completion script for bash, zsh or fish",
    load: () => import("./commands/completion.js"),
    redacts: false,
    finds: false,
    inShell: false,
  },
];
