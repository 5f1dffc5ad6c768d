import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Clients of an ensemble that is taken back in time.
 * <pre>
 * Recover load HOSTS      makes /app and /prod, deletes /prod by mistake, and goes on writing; what was created and deleted
 *                         is told once it was acknowledged
 * Recover write HOSTS     makes sequence znodes below /prod/seq, and their names are told
 * Recover set HOSTS TEXT  sets /app/config
 * Recover live HOSTS OUT NAME  keeps a session, the ephemeral /app/NAME and a watch on /app/config, and writes down all
 *                              that it is told
 * </pre>
 */
public final class Recover {
    private Recover() {
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("live")) {
            live(args[1], args[2], args[3]);
            return;
        }
        ZooKeeper client = connect(args[1]);
        if (args[0].equals("load")) {
            load(client);
        } else if (args[0].equals("set")) {
            client.setData("/app/config", args[2].getBytes(StandardCharsets.UTF_8), -1);
        } else {
            write(client);
        }
        client.close();
    }

    private static void load(ZooKeeper client) throws Exception {
        acknowledged(client, "/prod", "top");
        acknowledged(client, "/prod/seq", "");
        List<String> paths = new ArrayList<>();
        for (int group = 0; group < 4; group++) {
            String folder = acknowledged(client, "/prod/group-" + group, "");
            for (int each = 0; each < 10; each++) {
                paths.add(acknowledged(client, folder + "/" + each, "value " + group + " " + each));
            }
            paths.add(folder);
        }
        for (int each = 0; each < 5; each++) {
            String made = client.create("/prod/seq/n-", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE,
                CreateMode.PERSISTENT_SEQUENTIAL);
            System.out.println("created " + made + " ");
            if (each < 2) {
                delete(client, made);
            } else {
                paths.add(made);
            }
        }
        // A marker elsewhere: what was acknowledged last before the mistake.
        acknowledged(client, "/app/last", "last");
        System.out.println("last 0x" + Long.toHexString(client.exists("/app/last", false).getCzxid()));
        for (String path : paths) {
            delete(client, path);
        }
        delete(client, "/prod/seq");
        delete(client, "/prod");
        acknowledged(client, "/later", "");
        for (int each = 0; each < 30; each++) {
            acknowledged(client, "/later/" + each, "later");
        }
        Stat stat = client.setData("/app/config", "after".getBytes(StandardCharsets.UTF_8), -1);
        System.out.println("end 0x" + Long.toHexString(stat.getMzxid()));
    }

    private static String acknowledged(ZooKeeper client, String path, String data) throws Exception {
        create(client, path, data);
        System.out.println("created " + path + " " + data);
        return path;
    }

    private static void delete(ZooKeeper client, String path) throws Exception {
        client.delete(path, -1);
        System.out.println("deleted " + path);
    }

    private static void write(ZooKeeper client) throws Exception {
        for (int each = 0; each < 10; each++) {
            System.out.println("made " + client.create("/prod/seq/n-", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE,
                CreateMode.PERSISTENT_SEQUENTIAL));
        }
    }

    private static void live(String hosts, String file, String name) throws Exception {
        final PrintStream out = new PrintStream(new FileOutputStream(file), true, "UTF-8");
        ZooKeeper first = connect(hosts);
        try {
            create(first, "/app", "");
            create(first, "/app/config", "before");
        } catch (KeeperException.NodeExistsException e) {
            // Another client has made them.
        }
        first.close();
        final CountDownLatch expired = new CountDownLatch(1);
        final ZooKeeper[] client = new ZooKeeper[1];
        final Watcher watcher = new Watcher() {
            @Override
            public void process(WatchedEvent event) {
                out.println("event " + event.getState() + " " + event.getType() + " " + event.getPath());
                if (event.getState() == Event.KeeperState.Expired) {
                    expired.countDown();
                } else if (event.getType() == Event.EventType.NodeDataChanged) {
                    look(client[0], this, out);
                }
            }
        };
        client[0] = new ZooKeeper(hosts, 600_000, watcher);
        while (client[0].getState() != ZooKeeper.States.CONNECTED) {
            Thread.sleep(20);
        }
        client[0].create("/app/" + name, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        look(client[0], watcher, out);
        out.println("ready");
        while (!expired.await(1, TimeUnit.SECONDS)) {
            out.println("state " + client[0].getState());
            if (client[0].getState() == ZooKeeper.States.CONNECTED) {
                try {
                    out.println("now " + text(client[0].getData("/app/config", false, null)));
                } catch (KeeperException e) {
                    out.println("now " + e.code());
                }
            }
        }
        out.println("expired");
    }

    private static void look(ZooKeeper client, Watcher watcher, PrintStream out) {
        try {
            out.println("cached " + text(client.getData("/app/config", watcher, null)));
        } catch (KeeperException | InterruptedException e) {
            out.println("cached " + e);
        }
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    private static String create(ZooKeeper client, String path, String data) throws Exception {
        return client.create(path, data.getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE,
            CreateMode.PERSISTENT);
    }

    private static ZooKeeper connect(String hosts) throws Exception {
        final CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(hosts, 600_000, new Watcher() {
            @Override
            public void process(WatchedEvent event) {
                if (event.getState() == Event.KeeperState.SyncConnected) {
                    connected.countDown();
                }
            }
        });
        if (!connected.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("cannot connect to " + hosts);
        }
        return client;
    }
}
