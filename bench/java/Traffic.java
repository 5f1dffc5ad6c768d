import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.txn.CheckVersionTxn;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.apache.zookeeper.txn.CreateSessionTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.ErrorTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;

/**
 * Transactions as a busy server logs them: of a hundred, 56 setData (half of them on the same ten thousand znodes), 18
 * create, 12 delete, 5 multi, 3 error, 2 setACL, 2 createSession, 2 closeSession.
 */
final class Traffic {
    private static final int HOT = 10_000;
    private static final int NO_NODE = -101;

    private final DataTree tree;
    private final Map<Long, Integer> sessions;
    private final int leaves;
    private final SplittableRandom random;
    private final BitSet deleted;
    private final List<String> created = new ArrayList<>();
    private final List<Long> open = new ArrayList<>();
    private final Recorder recorder;
    private int nextSession = 1_000_000;
    private int nextName;

    Traffic(DataTree tree, Map<Long, Integer> sessions, int leaves, long zxid) {
        this.tree = tree;
        this.sessions = sessions;
        this.leaves = leaves;
        this.recorder = new Recorder(tree, zxid, Shape.START + 2_000_000_000L);
        this.random = new SplittableRandom(leaves + 1);
        this.deleted = new BitSet(leaves);
    }

    /** The next transaction is the first of a new leader's. */
    void nextEpoch() {
        recorder.nextEpoch();
    }

    void appendOne(FileTxnLog log) throws IOException {
        recorder.to(log);
        int kind = random.nextInt(100);
        if (kind < 56) {
            write(OpCode.setData, setData(someLeaf()));
        } else if (kind < 74) {
            create();
        } else if (kind < 86) {
            write(OpCode.delete, new DeleteTxn(pickDoomed()));
        } else if (kind < 91) {
            multi();
        } else if (kind < 94) {
            write(OpCode.error, new ErrorTxn(NO_NODE));
        } else if (kind < 96) {
            String path = someLeaf();
            write(OpCode.setACL, new SetACLTxn(path, Shape.acl(random.nextInt(40)), node(path).stat.getAversion() + 1));
        } else if (kind < 98 || open.size() < 20) {
            openSession();
        } else {
            closeSession();
        }
    }

    private void create() throws IOException {
        String path = newPath();
        boolean ephemeral = !open.isEmpty() && random.nextInt(5) == 0;
        long session = ephemeral ? open.get(random.nextInt(open.size())) : someSession();
        write(OpCode.create, createTxn(path, ephemeral), session);
        if (!ephemeral) {
            created.add(path);
        }
    }

    /** A check, then a set, a create and sometimes a delete: what recipes send. */
    private void multi() throws IOException {
        String path = someLeaf();
        String born = newPath();
        List<Txn> members = new ArrayList<>();
        members.add(member(OpCode.check, new CheckVersionTxn(path, node(path).stat.getVersion())));
        members.add(member(OpCode.setData, setData(path)));
        members.add(member(OpCode.create, createTxn(born, false)));
        if (random.nextBoolean()) {
            members.add(member(OpCode.delete, new DeleteTxn(pickDoomed(path))));
        }
        write(OpCode.multi, new MultiTxn(members));
        created.add(born);
    }

    private void openSession() throws IOException {
        long session = Shape.session(nextSession++);
        open.add(session);
        sessions.put(session, 30_000);
        write(OpCode.createSession, new CreateSessionTxn(30_000), session);
    }

    private void closeSession() throws IOException {
        long session = open.remove(random.nextInt(open.size()));
        List<String> paths = new ArrayList<>(tree.getEphemerals(session));
        sessions.remove(session);
        write(OpCode.closeSession, new CloseSessionTxn(paths), session);
    }

    private CreateTxn createTxn(String path, boolean ephemeral) {
        String parent = path.substring(0, path.lastIndexOf('/'));
        int cversion = node(parent).stat.getCversion() + 1;
        return new CreateTxn(path, Shape.value(random, 0), ZooDefs.Ids.OPEN_ACL_UNSAFE, ephemeral, cversion);
    }

    private SetDataTxn setData(String path) {
        int extra = random.nextInt(10) == 0 ? random.nextInt(400) : 0;
        return new SetDataTxn(path, Shape.value(random, extra), node(path).stat.getVersion() + 1);
    }

    private String newPath() {
        int directory = random.nextInt(leaves / Shape.LEAVES_A_DIRECTORY);
        return String.format("%s/task-%010d", Shape.directory(directory), nextName++);
    }

    private String someLeaf() {
        for (;;) {
            int number = random.nextInt(random.nextBoolean() ? Math.min(HOT, leaves) : leaves);
            if (!deleted.get(number) && !Shape.isEphemeral(number)) {
                return Shape.leaf(number);
            }
        }
    }

    /** Two of three deletes take what the traffic itself made. */
    private String pickDoomed() {
        return pickDoomed("");
    }

    private String pickDoomed(String spared) {
        if (!created.isEmpty() && random.nextInt(3) > 0) {
            int index = random.nextInt(created.size());
            String path = created.get(index);
            created.set(index, created.get(created.size() - 1));
            created.remove(created.size() - 1);
            return path;
        }
        for (;;) {
            int number = random.nextInt(leaves);
            if (!deleted.get(number) && !Shape.isEphemeral(number) && !Shape.leaf(number).equals(spared)) {
                deleted.set(number);
                return Shape.leaf(number);
            }
        }
    }

    private DataNode node(String path) {
        DataNode node = tree.getNode(path);
        if (node == null) {
            throw new IllegalStateException("no such znode: " + path);
        }
        return node;
    }

    private long someSession() {
        return Shape.session(random.nextInt(400));
    }

    private static Txn member(int type, Record record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        record.serialize(BinaryOutputArchive.getArchive(bytes), "request");
        return new Txn(type, bytes.toByteArray());
    }

    private void write(int type, Record txn) throws IOException {
        write(type, txn, someSession());
    }

    private void write(int type, Record txn, long session) throws IOException {
        recorder.pause(random.nextInt(4));
        recorder.write(type, txn, session);
    }
}
