import { addExamples, addNotes, type CommandModule } from "../command.js";
import * as compact from "./backup/compact.js";
import * as drill from "./backup/drill.js";
import * as forget from "./backup/forget.js";
import * as init from "./backup/init.js";
import * as keygen from "./backup/keygen.js";
import * as list from "./backup/list.js";
import * as prune from "./backup/prune.js";
import * as rekey from "./backup/rekey.js";
import * as run from "./backup/run.js";
import * as sync from "./backup/sync.js";
import * as verify from "./backup/verify.js";

/** Each defines one of the commands below `backup`. */
export const PARTS = [init, keygen, run, list, verify, sync, compact, prune, drill, rekey, forget];

export const command: CommandModule = {
  define(command) {
    for (const { name, summary, define, examples } of PARTS) {
      const part = command.command(name).description(summary);
      part.showHelpAfterError(`  zkrewind backup ${name} --help shows its arguments and options.`);
      define(part);
      addExamples(part, examples);
    }
    addExamples(command, [
      ["zkrewind backup init backups", "make a folder a repository, or s3://bucket/prefix"],
      ["zkrewind backup run /var/lib/zookeeper --repo backups", "ship new transactions and snapshots, once"],
      ["zkrewind backup list backups", "how far each server is backed up"],
      ["zkrewind backup verify backups --deep", "read and replay everything"],
      [
        "zkrewind backup sync backups /mnt/other/backups",
        "make two repositories equal, and repair each from the other",
      ],
      ["zkrewind backup compact backups", "merge small segments, and bound what a recovery replays"],
      ["zkrewind backup prune backups --keep-window 7d", "list the objects that no kept point needs"],
    ]);
    addNotes(
      command,
      `REPO is a folder, or s3://bucket/prefix with the credentials that the AWS SDK finds by itself
(AWS_PROFILE, ~/.aws, the environment, the machine's role); ?endpoint=URL&region=NAME names another store than
AWS's. docs/backup.md says how to set up backups, docs/backup-format.md what is in a repository.`.replaceAll("\n", " "),
    );
  },
};
