import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/**
 * Reads a whole tree from a server with the real client, as the super user, and then writes and deletes one znode.
 * <pre>ReadTree HOST:PORT AUTH OUT.ndjson</pre>
 * Znodes are written as in the fixtures' truths. What a client is told of a znode differs from what is stored in one
 * way: its Stat's cversion counts creates and deletes of children (DataNode.copyStat: twice the stored count of
 * creates, minus the number of children), so that the stored one is taken back out of it.
 */
public final class ReadTree {
    private final ZooKeeper client;
    private final PrintStream out;
    private int nodes;

    private ReadTree(ZooKeeper client, PrintStream out) {
        this.client = client;
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        final CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(args[0], 60_000, new Watcher() {
            @Override
            public void process(WatchedEvent event) {
                if (event.getState() == Event.KeeperState.SyncConnected) {
                    connected.countDown();
                }
            }
        });
        if (!connected.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("cannot connect to " + args[0]);
        }
        client.addAuthInfo("digest", args[1].getBytes(StandardCharsets.UTF_8));
        try (PrintStream out = new PrintStream(new FileOutputStream(args[2]), false, "UTF-8")) {
            ReadTree reader = new ReadTree(client, out);
            reader.read("/");
            out.print("{\"type\":\"end\",\"nodes\":" + reader.nodes + ",\"session\":\"0x"
                + Long.toHexString(client.getSessionId()) + "\",\"written\":\"0x" + Long.toHexString(reader.write())
                + "\"}\n");
        }
        client.close();
    }

    private void read(String path) throws Exception {
        Stat stat = new Stat();
        byte[] data = client.getData(path, false, stat);
        List<ACL> acl = client.getACL(path, new Stat());
        TreeSet<String> children = new TreeSet<>(client.getChildren(path, false));
        line(path, data, acl, stat);
        for (String child : children) {
            read((path.equals("/") ? "" : path) + "/" + child);
        }
    }

    /** That the server goes on from where it started: the zxid of a znode made now. */
    private long write() throws Exception {
        String path = client.create("/interop-probe-", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE,
            CreateMode.PERSISTENT_SEQUENTIAL);
        long zxid = client.exists(path, false).getCzxid();
        client.delete(path, 0);
        return zxid;
    }

    private void line(String path, byte[] data, List<ACL> acls, Stat stat) {
        StringBuilder text = new StringBuilder("{\"type\":\"node\",\"path\":");
        quote(text, path);
        text.append(",\"data\":");
        text.append(data == null ? "null" : '"' + Base64.getEncoder().encodeToString(data) + '"');
        text.append(",\"acl\":[");
        String comma = "";
        for (ACL acl : acls) {
            text.append(comma).append('[').append(acl.getPerms()).append(',');
            quote(text, acl.getId().getScheme());
            text.append(',');
            quote(text, acl.getId().getId());
            text.append(']');
            comma = ",";
        }
        int cversion = (stat.getCversion() + stat.getNumChildren()) / 2;
        text.append("],\"stat\":[\"0x").append(Long.toHexString(stat.getCzxid()));
        text.append("\",\"0x").append(Long.toHexString(stat.getMzxid()));
        text.append("\",\"0x").append(Long.toHexString(stat.getPzxid()));
        text.append("\",").append(stat.getCtime()).append(',').append(stat.getMtime());
        text.append(',').append(stat.getVersion()).append(',').append(cversion).append(',').append(stat.getAversion());
        text.append(",\"0x").append(Long.toHexString(stat.getEphemeralOwner())).append("\",");
        text.append(stat.getNumChildren()).append("]}\n");
        out.print(text);
        nodes++;
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
