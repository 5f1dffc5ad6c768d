import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/**
 * Writes to servers that are killed meanwhile, until standard input ends, and writes down each write that was acknowledged:
 * "ZXID PATH VALUE". What got no answer may have been done or not, and is not written down.
 * <pre>AckedLoad HOSTS OUT WRITES_A_SECOND</pre>
 */
public final class AckedLoad {
    private static final List<ACL> OPEN = ZooDefs.Ids.OPEN_ACL_UNSAFE;
    private static final int AT_ONCE = 64;
    private static final int NODES = 500;

    private final String hosts;
    private final PrintStream out;
    private final Semaphore free = new Semaphore(AT_ONCE);
    private ZooKeeper client;
    private volatile boolean ended;

    private AckedLoad(String hosts, String file) throws Exception {
        this.hosts = hosts;
        this.out = new PrintStream(new FileOutputStream(file), true, "UTF-8");
    }

    public static void main(String[] args) throws Exception {
        final AckedLoad load = new AckedLoad(args[0], args[1]);
        Thread watch = new Thread(new Runnable() {
            @Override
            public void run() {
                try {
                    while (System.in.read() >= 0) {
                        continue;
                    }
                } catch (java.io.IOException e) {
                    e.printStackTrace();
                }
                load.ended = true;
            }
        });
        watch.setDaemon(true);
        watch.start();
        load.run(Integer.parseInt(args[2]));
    }

    private void run(int rate) throws Exception {
        client = connect();
        int next = 0;
        long began = System.nanoTime();
        for (; !ended; next++) {
            // As many may be under way; a server that does not answer takes no more.
            while (!free.tryAcquire(200, TimeUnit.MILLISECONDS) && !ended) {
                continue;
            }
            if (!client.getState().isAlive()) {
                client = connect();
            }
            write(next);
            long due = began + next * 1_000_000_000L / rate;
            long wait = (due - System.nanoTime()) / 1_000_000L;
            if (wait > 0) {
                Thread.sleep(wait);
            } else if (wait < -1000) {
                began -= wait * 1_000_000L;
            }
        }
        free.tryAcquire(AT_ONCE, 5, TimeUnit.SECONDS);
        client.close();
        out.println("end");
        System.exit(0);
    }

    /** Znodes are made, changed, deleted, and made again; the paths and values are those of no other write. */
    private void write(int number) throws Exception {
        final String value = "v" + number + "-" + padding(number);
        final byte[] data = value.getBytes(StandardCharsets.UTF_8);
        final String path = "/n" + number;
        final String own = "/n" + (number - number % 10);
        switch (number % 10) {
            case 0:
            case 1:
            case 2:
                client.create(path, data, OPEN, CreateMode.PERSISTENT, new AsyncCallback.Create2Callback() {
                    @Override
                    public void processResult(int rc, String asked, Object context, String name, Stat stat) {
                        told(rc, stat, path, value);
                    }
                }, null);
                break;
            case 3:
                multi(new Op[] {Op.setData(own, data, -1), Op.delete(own, 9999)}, null, value);
                break;
            case 4:
                List<Op> many = new ArrayList<>(Arrays.asList(Op.setData(own, data, -1),
                    Op.create(path, data, OPEN, CreateMode.PERSISTENT)));
                if (number >= NODES) {
                    // Where it is not there any more, all of it fails.
                    many.add(Op.delete("/n" + (number - NODES), -1));
                }
                multi(many.toArray(new Op[0]), own, value);
                break;
            case 5:
                client.create("/e" + number, data, OPEN, CreateMode.EPHEMERAL, new AsyncCallback.StringCallback() {
                    @Override
                    public void processResult(int rc, String asked, Object context, String name) {
                        free.release();
                    }
                }, null);
                break;
            case 6:
                client.delete("/e" + (number - 11), -1, new AsyncCallback.VoidCallback() {
                    @Override
                    public void processResult(int rc, String asked, Object context) {
                        free.release();
                    }
                }, null);
                break;
            default:
                client.setData(own, data, -1, new AsyncCallback.StatCallback() {
                    @Override
                    public void processResult(int rc, String asked, Object context, Stat stat) {
                        told(rc, stat, own, value);
                    }
                }, null);
        }
        // A session that comes and goes.
        if (number % 1000 == 999) {
            client.close();
            free.drainPermits();
            free.release(AT_ONCE);
            client = connect();
        }
    }

    private void multi(Op[] ops, final String path, final String value) {
        client.multi(Arrays.asList(ops), new AsyncCallback.MultiCallback() {
            @Override
            public void processResult(int rc, String asked, Object context, List<OpResult> results) {
                Stat stat = rc == 0 && results.get(0) instanceof OpResult.SetDataResult
                    ? ((OpResult.SetDataResult) results.get(0)).getStat() : null;
                told(path == null ? -1 : rc, stat, path, value);
            }
        }, null);
    }

    private void told(int rc, Stat stat, String path, String value) {
        free.release();
        if (rc == KeeperException.Code.OK.intValue() && stat != null) {
            out.println("0x" + Long.toHexString(stat.getMzxid()) + " " + path + " " + value);
        }
    }

    private static String padding(int number) {
        StringBuilder text = new StringBuilder();
        for (long state = number * 2654435761L + 1; text.length() < 40 + number % 160;) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            text.append(Long.toString(state >>> 16, 36));
        }
        return text.toString();
    }

    private ZooKeeper connect() throws Exception {
        for (;;) {
            ZooKeeper made = new ZooKeeper(hosts, 6000, event -> { });
            for (long end = System.nanoTime() + 20_000_000_000L; System.nanoTime() < end && !ended; Thread.sleep(20)) {
                if (made.getState() == ZooKeeper.States.CONNECTED) {
                    return made;
                }
            }
            made.close();
            if (ended) {
                System.exit(0);
            }
        }
    }
}
