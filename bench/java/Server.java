import java.io.File;
import java.nio.file.Files;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.persistence.Util;

/**
 * What a server does with its files when it starts, as a process of its own:
 *
 *   Server load SNAPSHOT_DIR              the newest snapshot (FileSnap), as the server loads it
 *   Server restore SNAPSHOT_DIR LOG_DIR   the newest snapshot and every transaction after it, digests compared
 *   Server copy SNAPSHOT_DIR TARGET_DIR   the newest snapshot, and a snapshot of the server's own from what was loaded
 *
 * Says how many znodes, the last zxid and the tree's digest, so that two sides can be seen to have done the same.
 */
public final class Server {
    private Server() {}

    public static void main(String[] args) throws Exception {
        File snapshots = new File(args[1]);
        DataTree tree = new DataTree();
        long[] mismatches = {0};
        tree.addDigestWatcher(zxid -> mismatches[0]++);
        ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
        switch (args[0]) {
            case "load":
                load(snapshots, tree, sessions);
                break;
            case "restore":
                new FileTxnSnapLog(new File(args[2]), snapshots).restore(tree, sessions, (header, txn, digest) -> {});
                break;
            case "copy":
                load(snapshots, tree, sessions);
                File target = new File(args[2], "version-2");
                Files.createDirectories(target.toPath());
                File file = new File(target, Util.makeSnapshotName(tree.lastProcessedZxid));
                new FileSnap(target).serialize(tree, sessions, file, true);
                break;
            default:
                throw new IllegalArgumentException(args[0]);
        }
        System.out.println(tree.getNodeCount() + " znodes, " + sessions.size() + " sessions, zxid 0x"
            + Long.toHexString(tree.lastProcessedZxid) + ", digest " + Long.toUnsignedString(tree.getTreeDigest()));
        if (mismatches[0] > 0) {
            System.err.println(mismatches[0] + " digest mismatches");
            System.exit(1);
        }
    }

    private static void load(File folder, DataTree tree, Map<Long, Integer> sessions) throws Exception {
        tree.lastProcessedZxid = new FileSnap(new File(folder, "version-2")).deserialize(tree, sessions);
    }
}
