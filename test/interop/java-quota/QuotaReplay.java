import java.io.File;
import java.util.TreeMap;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;

/**
 * What a release's DataTree makes of every zookeeper_stats as it applies the transactions of a folder's logs to a fresh
 * tree: a line of "ZXID PATH=VALUE PATH=VALUE ..." after each transaction that changes one.
 * <pre>QuotaReplay LOG_DIR</pre>
 */
public final class QuotaReplay {
    private QuotaReplay() {
    }

    public static void main(String[] args) throws Exception {
        DataTree tree = new DataTree();
        TxnLog.TxnIterator iterator = new FileTxnLog(new File(args[0])).read(1);
        String before = "";
        do {
            tree.processTxn(iterator.getHeader(), iterator.getTxn());
            TreeMap<String, String> stats = new TreeMap<>();
            collect(tree, "/zookeeper/quota", stats);
            StringBuilder now = new StringBuilder();
            stats.forEach((path, value) -> now.append(' ').append(path).append('=').append(value));
            if (!now.toString().equals(before)) {
                before = now.toString();
                System.out.println(iterator.getHeader().getZxid() + before);
            }
        } while (iterator.next());
    }

    private static void collect(DataTree tree, String path, TreeMap<String, String> stats) throws Exception {
        DataNode node = tree.getNode(path);
        if (path.endsWith("/zookeeper_stats")) {
            stats.put(path, new String(tree.getData(path, new org.apache.zookeeper.data.Stat(), null), "UTF-8"));
        }
        for (String child : node.getChildren()) {
            collect(tree, path + "/" + child, stats);
        }
    }
}
