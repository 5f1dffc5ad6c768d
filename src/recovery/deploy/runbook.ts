import { join, resolve } from "node:path";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { counted, fixed, grouped, type Safe } from "../../text/safe.js";
import { shellWord } from "../../text/shell-word.js";
import { changeText } from "../restore/changes.js";
import type { Restored } from "../write/restorable.js";
import { ticksNeeded } from "./init-limit.js";
import type { Ensemble, Member } from "./membership.js";

/** How to put a restored ensemble in place: what is said, and the commands for each server. */
export interface Runbook {
  title: Message;
  /** How many servers there are. */
  servers: number;
  /** What is restored, and what that means for clients. */
  facts: Message[];
  steps: RunbookStep[];
  /** When all of this is not needed. */
  notNeeded: Message[];
}

/** A step of a runbook, with the commands for each server. */
export interface RunbookStep {
  step: "stop" | "set-aside" | "copy" | "start" | "wait" | "check-servers" | "check-trees";
  title: Message;
  say: Message[];
  /** Commands, each a line for a shell; `server` null for the machine that this is read on. */
  run: { server: number | null; commands: Message[] }[];
}

/** `directory` is the folder that was written. */
export function runbook(restored: Restored, ensemble: Ensemble, directory: string): Runbook {
  const place = new Place(restored, ensemble, resolve(directory));
  const { members } = ensemble;
  const raised = restored.zxid !== restored.point;
  return {
    title: say`Restore ${counted(members.length, "server")} to ${hex(restored.point)}`,
    servers: members.length,
    facts: [
      say`Each server gets the same tree: ${counted(restored.znodes, "znode")} as of ${hex(restored.point)}, in a snapshot with zxid ${hex(restored.zxid)}. The ensemble will start in epoch ${restored.epoch + 1} or later.`,
      ...restored.changes.map(changeText),
      ...restored.warnings,
      raised
        ? say`The epoch, ${restored.epoch}, is well above all that the sources show. If the running ensemble has reached ${restored.epoch} or more since (the upper half of the zxid that \`srvr\` shows), restore again with --bump-epoch and a number above that.`
        : say`The zxid is the point's own. A client that has seen a later one is let in by the leader, and maybe refused by followers until the first transaction; once in, it goes on with stale caches, and nothing tells it. Restart those clients, or restore again with --bump-epoch.`,
    ],
    steps: [place.stop(), place.setAside(), place.copy(), place.start(), place.wait(), place.servers(), place.trees()],
    notNeeded: [
      say`If only one server is affected and a majority of the others is up and in sync (\`srvr\` on each: one leader, equal zxids), it needs no restore: stop it, move version-2 of its dataDir and of its dataLogDir aside (both), keep its myid, and start it. Its leader sends it everything.`,
      say`To bring back a subtree while the ensemble runs, use the zkCli script that \`zkrewind undo\` writes.`,
    ],
  };
}

class Place {
  constructor(
    private readonly restored: Restored,
    private readonly ensemble: Ensemble,
    private readonly directory: string,
  ) {}

  stop(): RunbookStep {
    return {
      step: "stop",
      title: say`Stop every server`,
      say: [
        say`Stop all of them, observers too: a server that keeps running with newer data, or that starts before it has its copy, can win the election, and the restored tree is lost.`,
      ],
      run: this.onEach(() => [say`zkServer.sh stop`]),
    };
  }

  setAside(): RunbookStep {
    return {
      step: "set-aside",
      title: say`Move the old data aside, on every server`,
      say: [
        say`In dataDir and in dataLogDir: a server would replay logs that stay onto the restored tree. Nothing is deleted; keep the old data until the ensemble has proven itself.`,
        ...(this.ensemble.dynamicFile === null
          ? []
          : [say`Older dynamic configuration files too: the one with the highest version in its name wins.`]),
      ],
      run: this.onEach((member) => [
        ...this.foldersOf(member).map((folder) => this.moveAside(join(folder, "version-2"))),
        ...this.dynamicAside(),
      ]),
    };
  }

  copy(): RunbookStep {
    const { dynamicFile, lines, configName } = this.ensemble;
    const perServer = say`Server N gets folder N, with its own myid. Start no server without its copy: two servers that start empty are a majority, and their empty tree would win.`;
    const owner = say`The files must belong to the user that ZooKeeper runs as (chown -R).`;
    const remote = say`First copy the folder to other machines: rsync -a ${this.word(join(this.directory, "N"))} HOST:…`;
    const static_ = say`The ${tag.file(configName)} of every server must list just these servers: ${joined(lines.map(tag.given), ", ")}.`;
    return {
      step: "copy",
      title: say`Give each server its copy`,
      say: [perServer, remote, owner, ...(dynamicFile === null ? [static_] : [])],
      run: this.onEach((member) => this.copyCommands(member)),
    };
  }

  start(): RunbookStep {
    return {
      step: "start",
      title: say`Start every server`,
      say: [say`In any order, within a minute or so of each other.`, ...this.initLimit()],
      run: this.onEach(() => [say`zkServer.sh start`]),
    };
  }

  wait(): RunbookStep {
    const { members } = this.ensemble;
    return {
      step: "wait",
      title: say`Wait until every server is in`,
      say: [
        say`\`srvr\` shows "Mode: leader" on one server and "Mode: follower" on the others${members.some(({ observer }) => observer) ? say` ("observer" on observers)` : ""}. If a server says "not currently serving requests" for longer than initLimit, run \`zkrewind explain\` on its log.`,
      ],
      run: [{ server: null, commands: this.askEach() }],
    };
  }

  servers(): RunbookStep {
    const epoch = this.restored.epoch + 1;
    return {
      step: "check-servers",
      title: say`Check the servers`,
      say: [
        say`"Zxid:" shows epoch ${epoch} or later on every server (0x${epoch.toString(16) as Safe} before its last eight digits, once something was written), and the same zxid on all while no client writes. "Node count:" is the same on all.`,
        say`Equal zxids alone prove nothing: servers whose trees differ can have equal zxids.`,
      ],
      run: [{ server: null, commands: this.askEach() }],
    };
  }

  trees(): RunbookStep {
    const { members } = this.ensemble;
    const check = `${this.directory}-check`;
    const copies = members.map((member) => {
      const target = join(check, String(member.id));
      const [data, logs] = this.foldersOf(member);
      return {
        server: member.id,
        commands: [
          this.command("mkdir", "-p", target),
          this.command("cp", "-R", join(data as string, "version-2"), target),
          ...(logs === undefined ? [] : [this.command("cp", "-R", `${logs}/version-2/.`, join(target, "version-2"))]),
        ],
      };
    });
    const compare = ["zkrewind", "compare", ...members.map(({ id }) => join(check, String(id)))];
    return {
      step: "check-trees",
      title: say`Check that the trees are equal`,
      say: [
        say`Copy each server's files (from other machines with rsync) and compare them: the command must exit with 0 and show no difference. Then let the clients connect.`,
      ],
      run: [...copies, { server: null, commands: [this.command(...compare)] }],
    };
  }

  private copyCommands(member: Member): Message[] {
    const own = join(this.directory, String(member.id));
    const [data, logs] = this.foldersOf(member);
    const { dynamicFile, configName } = this.ensemble;
    const hasLogs = (this.restored.history?.logs.length ?? 0) > 0;
    const commands = [
      this.command("mkdir", "-p", ...this.foldersOf(member)),
      this.command("cp", "-R", `${own}/data/.`, data as string),
      ...(logs === undefined && !hasLogs
        ? []
        : [this.command("cp", "-R", `${own}/datalog/.`, logs ?? (data as string))]),
    ];
    const file = this.dynamicName();
    if (file === null || dynamicFile === null) return commands;
    const config = join(dynamicFile, "..", configName);
    const line = `dynamicConfigFile=${file}`;
    return [
      ...commands,
      this.command("cp", join(own, dynamicBase(dynamicFile, this.restored.zxid)), file),
      say`sed -i${this.aside} ${this.command(`s|^dynamicConfigFile=.*|${line}|`, config)}`,
      this.command("grep", "-x", line, config),
    ];
  }

  /** How much of initLimit the size at hand needs, where the file gives less. */
  private initLimit(): Message[] {
    const { stored, bytes } = this.restored;
    const { tickTime, initLimit } = this.ensemble;
    const { ticks, seconds } = ticksNeeded(bytes, tickTime);
    if (initLimit !== null && initLimit >= ticks * tickTime)
      return [
        say`initLimit is ${fixed(initLimit / 1000, 1)} s: enough to load and send this snapshot (${grouped(stored.size)} bytes).`,
      ];
    const now = initLimit === null ? say`initLimit is not set` : say`initLimit is ${fixed(initLimit / 1000, 1)} s`;
    return [
      say`${now}: a server that is sent this snapshot (${grouped(bytes)} bytes) may need ${seconds} s, and the leader gives it up before that. Set initLimit=${ticks} (of ${tickTime} ms each) in the zoo.cfg of every server before the start.`,
    ];
  }

  private dynamicAside(): Message[] {
    const { dynamicFile } = this.ensemble;
    if (dynamicFile === null) return [];
    return [say`for f in ${this.word(dynamicFile)}*; do [ ! -e "$f" ] || mv "$f" "$f"${this.aside}; done`];
  }

  private moveAside(folder: string): Message {
    const word = this.word(folder);
    return say`[ ! -e ${word} ] || mv ${word} ${word}${this.aside}`;
  }

  /** Where the new dynamic configuration goes. */
  private dynamicName(): string | null {
    const { dynamicFile } = this.ensemble;
    if (dynamicFile === null || this.restored.zxid === this.restored.point) return null;
    return join(dynamicFile, "..", dynamicBase(dynamicFile, this.restored.zxid));
  }

  /** What names end in that are moved aside: with the time, so that a runbook that is followed again moves nothing into them. */
  private get aside(): ReturnType<typeof tag.file> {
    return tag.file(`.before-${BigInt.asUintN(64, this.restored.zxid).toString(16)}-$(date +%s)`);
  }

  private foldersOf({ dataDir, dataLogDir }: Member): string[] {
    return dataLogDir === undefined ? [dataDir] : [dataDir, dataLogDir];
  }

  private onEach(commands: (member: Member) => Message[]): RunbookStep["run"] {
    return this.ensemble.members.map((member) => ({ server: member.id, commands: commands(member) }));
  }

  private askEach(): Message[] {
    return this.ensemble.members.map(({ client, host }) => {
      const [, name = host, port = "2181"] = /^(.*):(\d+)$/.exec(client ?? "") ?? [];
      return say`echo srvr | nc ${this.word(name.replace(/^\[|\]$/g, ""))} ${this.word(port)}`;
    });
  }

  private command(...words: string[]): Message {
    return joined(
      words.map((word) => this.word(word)),
      " ",
    );
  }

  private word(text: string): ReturnType<typeof tag.file> {
    return tag.file(shellWord(text));
  }
}

/** `zoo.cfg.dynamic.<zxid>`, for the path of a dynamic file without a version. */
export function dynamicBase(dynamicFile: string, zxid: bigint): string {
  return `${dynamicFile.slice(dynamicFile.lastIndexOf("/") + 1)}.${BigInt.asUintN(64, zxid).toString(16)}`;
}

/**
 * The runbook as Markdown. `text` makes text of a message.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { runbookMarkdown } from "zkrewind/recovery";
 *
 * const say = (text) => ({ parts: [text] });
 * const steps = [{ step: "stop", title: say("Stop"), say: [], run: [{ server: null, commands: [say("systemctl stop zk")] }] }];
 * console.log(runbookMarkdown({ title: say("Restore"), servers: 3, facts: [], steps, notNeeded: [] }, plain));
 */
export function runbookMarkdown(book: Runbook, text: (message: Message) => string): string {
  const lines = [`# ${text(book.title)}`, "", ...book.facts.flatMap((fact) => [`- ${text(fact)}`]), ""];
  for (const [at, step] of book.steps.entries()) {
    lines.push(`## ${at + 1}. ${text(step.title)}`, "");
    for (const each of step.say) lines.push(text(each), "");
    for (const { servers, commands } of sameCommands(step.run, text)) {
      if (servers.length > 0) lines.push(`On server${servers.length > 1 ? "s" : ""} ${servers.join(", ")}:`, "");
      lines.push("```sh", ...commands, "```", "");
    }
  }
  lines.push("## When this is not needed", "");
  for (const each of book.notNeeded) lines.push(text(each), "");
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Servers that have the same commands are told together. */
function sameCommands(
  run: RunbookStep["run"],
  text: (message: Message) => string,
): { servers: number[]; commands: string[] }[] {
  const groups: { servers: number[]; commands: string[] }[] = [];
  for (const { server, commands } of run) {
    const words = commands.map(text);
    const own = server === null ? [] : [server];
    const last = groups.at(-1);
    if (last && server !== null && last.commands.join("\n") === words.join("\n")) last.servers.push(server);
    else groups.push({ servers: own, commands: words });
  }
  return groups;
}
