import type { JSX } from "preact";
import { Command, Panel } from "../parts.js";
import { path, sourceWords } from "../state.js";
import { globOf, shellWord } from "../text.js";
import { isText } from "../tree/znode-id.js";

/** What the page shows of a znode, on the command line. */
export function Commands({ now }: { now: string }): JSX.Element {
  const [source, id] = [sourceWords(), path.value];
  const znode = shellWord(id);
  return (
    <Panel title="As a command" id="commands">
      {isText(id) ? (
        <>
          <Command what="its history" line={`zkrewind history ${source} ${znode}`} />
          <Command what="its value before this point" line={`zkrewind cat ${source} ${znode} --before ${now}`} />
          <Command what="its value at this point" line={`zkrewind cat ${source} ${znode} --at ${now}`} />
          <Command
            what="a data directory with it as it was here"
            line={`zkrewind restore ${source} -o NEW-DIRECTORY --graft ${shellWord(`${id}@${now}`)}`}
          />
          <Command
            what="it and all below as JSON"
            line={`zkrewind export ${source} --at ${now} --include ${shellWord(`${id === "/" ? "" : globOf(id)}/**`)}`}
          />
        </>
      ) : (
        <p>Its path is not UTF-8: no command line can name it.</p>
      )}
      <Command what="a script that takes this transaction back" line={`zkrewind undo ${source} --txn ${now}`} />
    </Panel>
  );
}
