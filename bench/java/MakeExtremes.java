import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.apache.zookeeper.txn.CreateSessionTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;

/**
 * What no client could send in one piece, but files can hold: one value of VALUE_BYTES, one znode of CHILDREN children,
 * a path of LEVELS levels, ACLs of a hundred entries, names and values of unusual bytes; and a log over it, with a
 * value as large, a multi of thousands of members and a session that takes thousands of ephemerals with it.
 *
 *   MakeExtremes SNAPSHOT_DIR LOG_DIR VALUE_BYTES CHILDREN LEVELS
 */
public final class MakeExtremes {
    private static final long SESSION = Shape.session(0);
    private static final String LARGE = "/large/value";

    /** Quotes, spaces, signs of shells, scripts; and controls, which servers refuse of clients but not in files. */
    private static final String[] NAMES = {
        "a b", "\"quoted\"", "it's", "back\\slash", "$HOME;`id`", "*", "-rf", "é", "ñandú-ключ-鍵", "\u202Eright-to-left",
        "tab\there", "line\nbreak", "\u001B[31mred",
    };

    private final SplittableRandom random = new SplittableRandom(100);
    private final DataTree tree = new DataTree();
    private final ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
    private final Recorder recorder = new Recorder(tree, Shape.EPOCH, Shape.START);
    private final int valueBytes;
    private final int children;
    private final int levels;

    private MakeExtremes(int valueBytes, int children, int levels) {
        this.valueBytes = valueBytes;
        this.children = children;
        this.levels = levels;
    }

    public static void main(String[] args) throws Exception {
        File snapshots = new File(args[0], "version-2");
        File logs = new File(args[1], "version-2");
        Files.createDirectories(snapshots.toPath());
        Files.createDirectories(logs.toPath());
        int[] sizes = Arrays.stream(args).skip(2).mapToInt(Integer::parseInt).toArray();
        MakeExtremes maker = new MakeExtremes(sizes[0], sizes[1], sizes[2]);
        maker.grow();
        maker.snapshot(snapshots);
        FileTxnLog log = new FileTxnLog(logs);
        maker.recorder.to(log);
        maker.change();
        log.commit();
        log.close();
        System.out.println(maker.tree.getNodeCount() + " znodes at 0x" + Long.toHexString(maker.recorder.zxid())
            + ", digest " + Long.toUnsignedString(maker.tree.getTreeDigest()));
    }

    private void grow() throws Exception {
        sessions.put(SESSION, 30_000);
        create("/large", null);
        create(LARGE, text(valueBytes));
        create("/wide", null);
        for (int number = 0; number < children; number++) {
            recorder.pause(1);
            create(wide(number), ("value " + number).getBytes(StandardCharsets.US_ASCII));
        }
        create("/deep", null);
        for (int level = 1; level < levels; level++) {
            create(deep(level), ("level " + level).getBytes(StandardCharsets.US_ASCII));
        }
        create("/odd", null);
        for (String name : NAMES) {
            create("/odd/" + name, ("called " + name).getBytes(StandardCharsets.UTF_8));
        }
        create("/odd/no value", null);
        create("/odd/empty value", new byte[0]);
        create("/odd/every byte", everyByte());
        create("/odd/long name " + "n".repeat(50_000), null);
        create("/odd/many acls", null);
        recorder.write(OpCode.setACL, new SetACLTxn("/odd/many acls", hundredAcls(), 1), SESSION);
    }

    private void snapshot(File folder) throws Exception {
        long zxid = recorder.zxid();
        new FileSnap(folder).serialize(tree, sessions, new File(folder, Util.makeSnapshotName(zxid)), false);
        for (String name : new String[] {"currentEpoch", "acceptedEpoch"}) {
            Files.write(new File(folder, name).toPath(), "1".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void change() throws Exception {
        int few = children / 100;
        for (int number = 0; number < few; number++) {
            recorder.pause(1);
            recorder.write(OpCode.delete, new DeleteTxn(wide(random.nextInt(100) + 100 * number)), SESSION);
            create(wide(children + number), Shape.value(random, 0));
            set(deep(random.nextInt(levels - 1) + 1), Shape.value(random, 0));
        }
        recorder.write(OpCode.multi, multi(few), SESSION);
        set(LARGE, text(valueBytes));
        crowdedSession(few);
        set("/odd/every byte", "\uD83D\uDE00 beyond the BMP".getBytes(StandardCharsets.UTF_8));
        set("/odd/empty value", null);
    }

    private MultiTxn multi(int members) throws Exception {
        List<Txn> list = new ArrayList<>();
        for (int number = 0; number < members; number++) {
            list.add(member(OpCode.create, createTxn("/wide/multi-" + number, null, false)));
        }
        return new MultiTxn(list);
    }

    private void crowdedSession(int ephemerals) throws Exception {
        long session = Shape.session(1);
        recorder.write(OpCode.createSession, new CreateSessionTxn(30_000), session);
        for (int number = 0; number < ephemerals; number++) {
            recorder.write(OpCode.create, createTxn("/wide/member-" + number, null, true), session);
        }
        recorder.pause(30_000);
        List<String> paths = new ArrayList<>(tree.getEphemerals(session));
        recorder.write(OpCode.closeSession, new CloseSessionTxn(paths), session);
    }

    private void create(String path, byte[] data) throws Exception {
        recorder.write(OpCode.create, createTxn(path, data, false), SESSION);
    }

    private void set(String path, byte[] data) throws Exception {
        int version = tree.getNode(path).stat.getVersion() + 1;
        recorder.write(OpCode.setData, new SetDataTxn(path, data, version), SESSION);
    }

    private static CreateTxn createTxn(String path, byte[] data, boolean ephemeral) {
        return new CreateTxn(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, ephemeral, -1);
    }

    private static Txn member(int type, Record record) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        record.serialize(BinaryOutputArchive.getArchive(bytes), "request");
        return new Txn(type, bytes.toByteArray());
    }

    private static String wide(int number) {
        return String.format("/wide/child-%010d", number);
    }

    private static String deep(int level) {
        StringBuilder path = new StringBuilder("/deep");
        for (int each = 1; each <= level; each++) {
            path.append(String.format("/level-%03d", each));
        }
        return path.toString();
    }

    /** Lines of text, none like another. */
    private byte[] text(int bytes) {
        byte[] text = new byte[bytes];
        for (int at = 0; at < bytes; at++) {
            text[at] = (byte) (at % 80 == 79 ? '\n' : 'a' + random.nextInt(26));
        }
        return text;
    }

    private static byte[] everyByte() {
        byte[] bytes = new byte[256];
        for (int value = 0; value < bytes.length; value++) {
            bytes[value] = (byte) value;
        }
        return bytes;
    }

    private static List<ACL> hundredAcls() {
        List<ACL> acls = new ArrayList<>();
        for (int number = 0; number < 100; number++) {
            acls.add(new ACL(Perms.ALL, new Id("ip", "10.0.0." + number)));
        }
        return acls;
    }
}
