import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Does what a file says, a line each: "create PATH DATA", "set PATH DATA", "delete PATH"; "tell" prints every
 * zookeeper_stats as the server has it: a line of "ZXID PATH=VALUE PATH=VALUE ...".
 * <pre>QuotaClient HOST:PORT COMMANDS</pre>
 */
public final class QuotaClient {
    private QuotaClient() {
    }

    public static void main(String[] args) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(args[0], 60_000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        connected.await();
        for (String line : Files.readAllLines(Paths.get(args[1]), StandardCharsets.UTF_8)) {
            String[] words = line.split(" ", 3);
            byte[] data = words.length > 2 ? words[2].getBytes(StandardCharsets.UTF_8) : new byte[0];
            if (words[0].equals("create")) {
                client.create(words[1], data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            } else if (words[0].equals("set")) {
                client.setData(words[1], data, -1);
            } else if (words[0].equals("delete")) {
                client.delete(words[1], -1);
            } else {
                tell(client);
            }
        }
        client.close();
    }

    /** A write gives the zxid: of a znode that no quota is above. */
    private static void tell(ZooKeeper client) throws Exception {
        long zxid = client.setData("/clock", new byte[0], -1).getMzxid();
        TreeMap<String, String> stats = new TreeMap<>();
        collect(client, "/zookeeper/quota", stats);
        StringBuilder line = new StringBuilder().append(zxid);
        stats.forEach((path, value) -> line.append(' ').append(path).append('=').append(value));
        System.out.println(line);
    }

    private static void collect(ZooKeeper client, String path, TreeMap<String, String> stats) throws Exception {
        if (path.endsWith("/zookeeper_stats")) {
            stats.put(path, new String(client.getData(path, false, new Stat()), StandardCharsets.UTF_8));
        }
        for (String child : client.getChildren(path, false)) {
            collect(client, path + "/" + child, stats);
        }
    }
}
