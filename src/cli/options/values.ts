import type { Option } from "commander";

/** What completes an option's value. */
export interface OptionValues {
  values: readonly string[];
  /** Whether it takes several, separated by commas. */
  isList: boolean;
}

/** The values that an option can have, where they can be listed. */
export async function valuesOf({ long, argChoices }: Option): Promise<OptionValues | null> {
  if (argChoices) return { values: argChoices, isList: false };
  const source = LISTED[long ?? ""];
  return source ? source() : null;
}

/** A value that has begun, and how it can go on: with commas only the last of several is completed. */
export function continued({ values, isList }: OptionValues, begun: string): string[] {
  const before = isList ? begun.slice(0, begun.lastIndexOf(",") + 1) : "";
  return values.map((value) => before + value).filter((value) => value.startsWith(begun));
}

const LISTED: Readonly<Record<string, () => Promise<OptionValues>>> = {
  "--op": async () => list((await import("../../txn/ops.js")).OP_NAMES),
  "--audit": async () => {
    const { AUDIT_GROUPS, AUDITS } = await import("../../forensics/inspect/audit.js");
    return list(["all", ...Object.keys(AUDIT_GROUPS), ...Object.keys(AUDITS)]);
  },
  "--stats": async () => list((await import("../../forensics/transactions/groupings.js")).GROUPINGS),
  "--redact": async () => list(["values", "paths", "ids"]),
  "--kind": async () => ({ values: ["persistent", "ephemeral", "container", "ttl"], isList: false }),
  "--tz": async () => ({ values: ["UTC", "local", ...Intl.supportedValuesOf("timeZone")], isList: false }),
};

function list(values: readonly string[]): OptionValues {
  return { values, isList: true };
}
