import { ownIds } from "../../../recovery/directory/own-id.js";
import { say, tag } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/** What the file myid holds, if it is there. */
export async function ownId({ directory, explanation }: LookContext): Promise<Sight[]> {
  return ownIds(directory).map(({ path, text }) => {
    if (text === null) return { severity: "warning", file: path, message: say`there is no such file` };
    const line = text.trim();
    if (/^\d+$/.test(line))
      return {
        severity: line === explanation.facts.id ? "error" : "note",
        file: path,
        message: say`it holds ${tag.given(line)}`,
      };
    return {
      severity: "error",
      file: path,
      message: say`it holds ${tag.line(JSON.stringify(line.slice(0, 40)))}, which is not a number`,
    };
  });
}
