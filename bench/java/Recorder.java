import java.io.IOException;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.txn.TxnDigest;
import org.apache.zookeeper.txn.TxnHeader;

/** Applies transactions to a tree and, where there is a log, appends them with the tree's digest, as a server does. */
final class Recorder {
    private static final int DIGEST_VERSION = 2;

    private final DataTree tree;
    private FileTxnLog log;
    private long zxid;
    private long time;

    Recorder(DataTree tree, long zxid, long time) {
        this.tree = tree;
        this.zxid = zxid;
        this.time = time;
    }

    /** From here on transactions are logged. */
    void to(FileTxnLog log) {
        this.log = log;
    }

    long zxid() {
        return zxid;
    }

    /** Time goes by before the next transaction. */
    void pause(int milliseconds) {
        time += milliseconds;
    }

    /** The next transaction is the first of a new leader's. */
    void nextEpoch() {
        zxid = ((zxid >>> 32) + 1) << 32;
    }

    void write(int type, Record txn, long session) throws IOException {
        TxnHeader header = new TxnHeader(session, (int) (zxid & 0xFFFF), ++zxid, time, type);
        DataTree.ProcessTxnResult result = tree.processTxn(header, txn);
        if (type != OpCode.error && (result.err != 0 || failed(result))) {
            throw new IllegalStateException("transaction 0x" + Long.toHexString(zxid) + " failed");
        }
        if (log != null) {
            log.append(header, txn, type == OpCode.error ? null : new TxnDigest(DIGEST_VERSION, tree.getTreeDigest()));
        }
    }

    private static boolean failed(DataTree.ProcessTxnResult result) {
        return result.multiResult != null && result.multiResult.stream().anyMatch(each -> each.err != 0);
    }
}
