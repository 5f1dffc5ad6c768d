import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * A data directory by ZooKeeper's own classes: a snapshot of LEAVES znodes (and their directories), then LOGS logs of
 * TXNS transactions after it, with the tree digests that a server would have written. A new epoch begins every
 * LOGS_AN_EPOCH logs, and another snapshot is taken after each so many logs as are named.
 *
 *   MakeData SNAPSHOT_DIR LOG_DIR LEAVES LOGS TXNS [LOGS_AN_EPOCH [SNAPSHOT_AFTER...]]
 */
public final class MakeData {
    private static final int SESSIONS = 400;

    private MakeData() {}

    public static void main(String[] args) throws Exception {
        File snapshots = new File(args[0], "version-2");
        File logs = new File(args[1], "version-2");
        int leaves = Integer.parseInt(args[2]);
        int files = Integer.parseInt(args[3]);
        int txns = Integer.parseInt(args[4]);
        int logsAnEpoch = args.length > 5 ? Integer.parseInt(args[5]) : Integer.MAX_VALUE;
        Set<String> snapshotAfter = Arrays.stream(args).skip(6).collect(Collectors.toSet());
        Files.createDirectories(snapshots.toPath());

        DataTree tree = new DataTree();
        ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
        long zxid = grow(tree, sessions, leaves);
        snapshot(snapshots, tree, sessions, zxid);
        System.out.println(tree.getNodeCount() + " znodes at 0x" + Long.toHexString(zxid));
        if (files == 0) {
            return;
        }

        Files.createDirectories(logs.toPath());
        Traffic traffic = new Traffic(tree, sessions, leaves, zxid);
        FileTxnLog log = new FileTxnLog(logs);
        for (int file = 0; file < files; file++) {
            if (file > 0 && file % logsAnEpoch == 0) {
                traffic.nextEpoch();
            }
            for (int count = 0; count < txns; count++) {
                traffic.appendOne(log);
            }
            log.commit();
            log.rollLog();
            if (snapshotAfter.contains(String.valueOf(file + 1))) {
                snapshot(snapshots, tree, sessions, tree.lastProcessedZxid);
            }
        }
        log.close();
        epochs(snapshots, tree.lastProcessedZxid);
        System.out.println(tree.getNodeCount() + " znodes at 0x" + Long.toHexString(tree.lastProcessedZxid)
            + ", digest " + Long.toUnsignedString(tree.getTreeDigest()));
    }

    private static void snapshot(File folder, DataTree tree, Map<Long, Integer> sessions, long zxid) throws Exception {
        new FileSnap(folder).serialize(tree, sessions, new File(folder, Util.makeSnapshotName(zxid)), false);
        epochs(folder, zxid);
    }

    private static void epochs(File folder, long zxid) throws Exception {
        for (String name : new String[] {"currentEpoch", "acceptedEpoch"}) {
            Files.write(new File(folder, name).toPath(), Long.toString(zxid >>> 32).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static long grow(DataTree tree, ConcurrentHashMap<Long, Integer> sessions, int leaves) {
        SplittableRandom random = new SplittableRandom(leaves);
        for (int number = 0; number < SESSIONS; number++) {
            sessions.put(Shape.session(number), 30_000);
        }
        long zxid = Shape.EPOCH;
        zxid = create(tree, zxid, 0, "/services", new byte[0], -1);
        zxid = create(tree, zxid, 0, "/services/.lock", null, -1);
        int directories = leaves / Shape.LEAVES_A_DIRECTORY;
        int[] children = new int[directories];
        for (int number = 0; number < directories; number++) {
            zxid = create(tree, zxid, 0, Shape.directory(number), null, -1);
        }
        // One leaf of each directory in turn: a znode's czxid and its place in the file have little to do with each other.
        for (int step = 0; step < leaves; step++) {
            int directory = step % directories;
            int number = directory * Shape.LEAVES_A_DIRECTORY + step / directories;
            long owner = Shape.isEphemeral(number) ? Shape.session(number / 50 % SESSIONS) : 0;
            children[directory]++;
            zxid = create(tree, zxid, owner, Shape.leaf(number), Shape.value(random, 0), number);
        }
        return zxid;
    }

    private static long create(DataTree tree, long before, long owner, String path, byte[] data, int number) {
        long zxid = before + 1;
        TxnHeader header = new TxnHeader(owner == 0 ? Shape.session(0) : owner, number, zxid, Shape.START + zxid % 1_000_000_000, OpCode.create);
        CreateTxn txn = new CreateTxn(
            path, data, number < 0 ? ZooDefs.Ids.OPEN_ACL_UNSAFE : Shape.acl(number), owner != 0, -1);
        if (tree.processTxn(header, txn).err != 0) {
            throw new IllegalStateException("cannot create " + path);
        }
        return zxid;
    }
}
