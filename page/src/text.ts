/** How things are written. */

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** Text from anywhere on one line, with what does not show, or turns the direction of writing, made visible. */
export function visible(text: string, most = Number.POSITIVE_INFINITY): string {
  const head = text.length > most ? text.slice(0, most) : text;
  const shown = head.replace(HIDDEN, escape);
  return head.length < text.length ? `${shown}… (${grouped(text.length)} characters)` : shown;
}

/** The same of a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(HIDDEN, (each) => (each === "\n" || each === "\t" ? each : escape(each)));
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path === "/" ? "/" : path.slice(path.lastIndexOf("/") + 1);
}

export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${grouped(count)} ${count === 1 ? what : plural}`;
}

/** Bytes, as 1.2 MB. */
export function bytes(count: number): string {
  if (count < 1000) return counted(count, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let size = count / 1000;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A time in UTC, without its T and Z. */
export function timeText(time: string | null | undefined): string {
  if (!time) return "no time known";
  return time.replace("T", " ").replace("Z", " UTC");
}

/** The same of milliseconds since 1970, which may be none that a date can hold. */
export function momentText(millis: number): string {
  const date = new Date(Math.round(millis));
  return Number.isNaN(date.getTime()) ? `${millis} ms` : timeText(date.toISOString());
}

export function durationText(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** A word for a shell: as it is, or in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A glob that matches a path alone. */
export function globOf(path: string): string {
  return path.replace(/[\\*?[\]{}()!+@|]/g, "\\$&");
}

const PERMISSIONS: Record<string, string> = {
  c: "create children",
  d: "delete children",
  r: "read",
  w: "write",
  a: "set the ACL",
};

/** Who may do what, in words. */
export function aclText({ perms, scheme, id }: { perms: string; scheme: string | null; id: string | null }): string {
  const may =
    perms.length === 5
      ? "do everything"
      : Array.from(perms, (each) => PERMISSIONS[each] ?? each).join(", ") || "do nothing";
  if (scheme === "world" && id === "anyone") return `anyone may ${may}`;
  const who = scheme === "ip" ? `clients from ${id}` : scheme === "digest" ? `user ${id}` : `${scheme} ${id}`;
  return `${who} may ${may}`;
}

/** As big-endian unsigned. */
export function compareZxids(a: string, b: string): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
