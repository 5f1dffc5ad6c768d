import type { Answer } from "../answer.js";

/** A server that does not start, or dies. */
export const START_ANSWERS: readonly Answer[] = [
  {
    id: "log-dir-content",
    role: "stops",
    says: ["Log directory has snapshot files. Check if dataLogDir and dataDir configuration is correct."],
    means:
      "There are snapshots in dataLogDir (ZOOKEEPER-2967): a file is in the wrong folder, or dataDir and dataLogDir are interchanged in zoo.cfg. The server does not start.",
    findings: ["folder.mixed"],
    otherwise: "there is no snapshot in the folder for logs now",
    next: ["mixed-folders"],
  },
  {
    id: "snap-dir-content",
    role: "stops",
    says: ["Snapshot directory has log files. Check if dataLogDir and dataDir configuration is correct."],
    means:
      "There are logs in dataDir, while dataLogDir is another folder (ZOOKEEPER-2967): they stayed there when dataLogDir was set, or the two are interchanged in zoo.cfg. The server does not start.",
    findings: ["folder.mixed"],
    otherwise: "there is no log in the folder for snapshots now",
    next: ["mixed-folders"],
  },
  {
    id: "datadir",
    role: "stops",
    says: [
      "Unable to access datadir, exiting abnormally",
      "Cannot write to data directory {file}",
      "Cannot write to snap directory {file}",
      "Missing data directory {file}, automatic data directory creation is disabled (zookeeper.datadir.autocreate is false). Please create this directory manually.",
      "Missing data directory {file}, automatic data directory creation is disabled ({} is false). Please create this directory manually.",
      "Missing snap directory {file}, automatic data directory creation is disabled (zookeeper.datadir.autocreate is false). Please create this directory manually.",
      "Missing snap directory {file}, automatic data directory creation is disabled ({} is false).Please create this directory manually.",
      "Unable to create data directory {file}",
      "Unable to create snap directory {file}",
    ],
    means:
      "The data directory is missing, or the server cannot write to it: check its owner, its mount and zoo.cfg. The server does not start.",
    findings: ["file.unreadable"],
    otherwise: "this user can read everything: check as the user that the server runs as",
    next: ["config"],
  },
  {
    id: "myid-missing",
    role: "stops",
    says: ["myid file is missing"],
    also: ["{file}/myid file is missing"],
    means:
      "A server of an ensemble finds no file myid in its dataDir: a copy or restore left it out, or dataDir is the wrong folder. The server does not start.",
    looks: ["myid"],
    otherwise: "it is there now",
    next: ["myid"],
  },
  {
    id: "config-file-missing",
    role: "stops",
    says: ["{file} file is missing"],
    means: "A file that zoo.cfg or a -D option names does not exist. The server does not start.",
    next: ["config"],
  },
  {
    id: "myid-wrong",
    role: "stops",
    says: [
      "My id {id} not in the peer list",
      "serverid {text} is not a number",
      "No QuorumServer correspoding to myid {id}",
      "Setting LearnerType to {} but {} not in QuorumPeers.",
    ],
    means:
      "The number in the file myid is not that of any server.N in zoo.cfg: a data directory was copied together with another server's myid. The server does not start.",
    looks: ["myid"],
    otherwise: "there is no file myid next to these files",
    next: ["myid"],
  },
  {
    id: "own-id-twice",
    role: "troubles",
    says: [
      "We got a connection request from a server with our own ID. This should be either a configuration error, or a bug.",
    ],
    means: "Two servers have the same number in myid: a data directory was copied together with it.",
    looks: ["myid"],
    otherwise: "there is no file myid next to these files",
    next: ["myid"],
  },
  {
    id: "config-unreadable",
    role: "follows",
    says: ["Error processing {file}", "Invalid config, exiting abnormally"],
    means:
      "zoo.cfg cannot be read, or lacks a setting. The exception next to this line says what. The server does not start.",
    next: ["config"],
  },
  {
    id: "no-data-dir",
    role: "stops",
    says: ["dataDir is not set"],
    means: "zoo.cfg names no dataDir. The server does not start.",
    next: ["config"],
  },
  {
    id: "unable-to-load",
    role: "follows",
    says: ["Unable to load database on disk", "Unable to run quorum server"],
    means: "A server of an ensemble does not start. The line with Caused by: below says why.",
    findings: ["server.start"],
    otherwise: "a server would start on these files",
    next: ["verify"],
  },
  {
    id: "exiting-abnormally",
    role: "follows",
    says: ["Unexpected exception, exiting abnormally"],
    means: "The server does not start. The exception below says why.",
    findings: ["server.start"],
    otherwise: "a server would start on these files",
    next: ["verify"],
  },
  {
    id: "severe",
    role: "follows",
    says: [
      "Severe unrecoverable error, from thread : {}",
      "Exception occurred from thread {}",
      "Thread {} exits, error code {}",
      "Unexpected exception causing CommitProcessor to exit",
      "Exception thrown by downstream processor, unable to continue.",
    ],
    means:
      "A thread of the server died while writing or applying: a full disk, an I/O error, or a broken tree. The exception below says why. The file that it was writing may be torn.",
    findings: ["log.torn-tail", "file.empty", "file.short-header", "file.leftover", "acl.dangling"],
    otherwise: "the files are sound now",
    next: ["verify"],
  },
  {
    id: "exit",
    role: "follows",
    says: [
      "Exiting JVM with code {}",
      "JVM should exit with code {}. Actually System.exit is disabled",
      "Fatal error, JVM should exit with code {}. Actually System.exit is disabled",
      "error during server lifecycle",
      "ZK server died. Requesting stop on JVM",
      "ZK server died. Requsting stop on JVM",
    ],
    means:
      "The server's process ends. Codes: 1 unexpected, 2 configuration, 3 data directory, 4 admin server, 10 a snapshot could not be written, 12 and 13 the ensemble's transactions did not fit, 14 a port is taken.",
    next: ["verify"],
  },
  {
    id: "disk-full",
    role: "stops",
    says: [],
    also: [
      "No space left on device",
      "Disk quota exceeded",
      "Input/output error",
      "Read-only file system",
      "Too many open files",
    ],
    means:
      "A write or read failed. If the file was a log or a snapshot, the server dies. What it was writing may be torn, empty or left under a temporary name.",
    findings: [
      "log.torn-tail",
      "file.empty",
      "file.short-header",
      "file.leftover",
      "snapshot.truncated",
      "file.unreadable",
    ],
    otherwise: "everything that was written before is sound",
    next: ["disk"],
  },
  {
    id: "out-of-memory",
    role: "stops",
    says: [],
    also: ["java.lang.OutOfMemoryError"],
    means:
      "The server's heap is too small for the tree, or a damaged length made it allocate far too much. It dies, or stalls for so long that sessions expire.",
    findings: ["log.length", "snapshot.length", "snapshot.acl-map", "file.text-mode"],
    looks: ["tree-size"],
    otherwise: "no length in the files is damaged: the heap is too small",
    next: ["heap", "du"],
  },
  {
    id: "stopping",
    role: "normal",
    says: [
      "Forcing shutdown",
      "Exiting normally",
      "Starting server",
      "Created server with tickTime {} minSessionTimeout {} maxSessionTimeout {} clientPortListenBacklog {} datadir {} snapdir {file}",
      "Created server with tickTime {} minSessionTimeout {} maxSessionTimeout {} datadir {} snapdir {file}",
      "Created server with tickTime {} ms minSessionTimeout {} ms maxSessionTimeout {} ms clientPortListenBacklog {} dataLogdir {} snapdir {file}",
      "Created server with tickTime {} ms minSessionTimeout {} ms maxSessionTimeout {} ms clientPortListenBacklog {} datadir {} snapdir {file}",
      "DataDir:{file}",
    ],
    means:
      "The server starts or shuts down. Its logs are in datadir (dataLogdir), its snapshots in snapdir.",
  },
  {
    id: "dynamic-config",
    role: "troubles",
    says: [
      "Error writing next dynamic config file to disk",
      "Error writing next dynamic config file to disk:",
      "deleting {file} failed",
    ],
    means:
      "The server could not write or delete the file of the ensemble's members (zoo.cfg.dynamic) in zoo.cfg's folder. At its next start it reads the file that is there: compare these files on all servers.",
    next: ["config"],
  },
];
