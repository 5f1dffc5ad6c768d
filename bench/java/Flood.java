import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * Writes to a server for some seconds, as much as it takes (a rate of 0) or at a rate: one of five makes a znode, the others
 * change one. Prints how many were done.
 * <pre>Flood HOST:PORT SECONDS WRITES_A_SECOND</pre>
 */
public final class Flood {
    private static final int IN_FLIGHT = 500;
    private static final int NODES = 10_000;

    private Flood() {
    }

    public static void main(String[] args) throws Exception {
        final CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(args[0], 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        connected.await();
        long end = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
        int rate = Integer.parseInt(args[2]);
        final Semaphore free = new Semaphore(IN_FLIGHT);
        final AtomicInteger done = new AtomicInteger();
        byte[] value = "a value of the length that values often have: about a hundred bytes, as they say it is in practice"
            .getBytes(StandardCharsets.UTF_8);
        String prefix = "/flood-" + Long.toHexString(System.nanoTime()) + "-";
        for (int number = 0; System.nanoTime() < end; number++) {
            free.acquire();
            if (number % 5 == 0) {
                client.create(prefix + number, value, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
                    (rc, path, context, name) -> told(free, done, rc), null);
            } else {
                int earlier = Math.max(0, number - 5 - number % NODES);
                client.setData(prefix + (earlier - earlier % 5), value, -1,
                    (rc, path, context, stat) -> told(free, done, rc), null);
            }
            if (rate > 0) {
                Thread.sleep(1000 / rate);
            }
        }
        free.acquire(IN_FLIGHT);
        client.close();
        System.out.println(done.get());
    }

    private static void told(Semaphore free, AtomicInteger done, int rc) {
        free.release();
        if (rc == 0) {
            done.incrementAndGet();
        }
    }
}
